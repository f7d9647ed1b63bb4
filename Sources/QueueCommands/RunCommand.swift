public enum Placeholder {}
public func runCommand() {}
