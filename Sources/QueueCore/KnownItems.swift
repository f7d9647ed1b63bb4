/// What becomes of ids that are enqueued though their queue knows them already.
public struct KnownItems: Hashable, Sendable {
  /// What becomes of an item that comes with another payload than it has, or had when it was pruned.
  public enum Changed: String, Sendable, CaseIterable {
    /// It stays as it is.
    case ignore
    /// It has that payload from now on, and is made pending again; what is claimed, when its claim ends.
    case requeue
    /// It stays as it is, and is named.
    case error
  }

  /// Of an item with another payload.
  public var changed = Changed.ignore
  /// Done, failed, or both: an item that has ended so is made pending again, whatever its payload.
  public var again: Set<Status> = []

  /// Known items stay as they are.
  public init() {}

  /// Whether known items stay as they are in any case.
  public var areIgnored: Bool { changed == .ignore && again.isEmpty }
}
