public enum Status { case pending }
