/// What a store itself knows of whether a worker lives.
public enum WorkerLife: Hashable, Sendable {
  /// It is, or was, of this place: the locks of ``PlacedStore/runs`` tell.
  case here
  /// It lives elsewhere, as far as is known.
  case elsewhere
  /// It was elsewhere, and nothing of it runs any more.
  case gone
}

/// How far a worker may go on with what it has claimed, where others take that when they do not hear of it.
public enum Standing: Hashable, Sendable {
  /// Nobody takes it.
  case sure
  /// It was not heard of for a while: it claims and starts nothing.
  case doubtful
  /// Others are about to take what it has: its handlers end at once, and so does it.
  case lost
}
