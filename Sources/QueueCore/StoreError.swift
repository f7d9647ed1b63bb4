/// What went wrong with a store: what failed, on what, and what to do.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a program may want to tell apart.
  public enum Code: Sendable, Hashable {
    /// There is no store at that path.
    case noStore
    /// The store has no queue of that name.
    case noQueue
    /// The store has no batch of that name.
    case noBatch
    /// The store cannot be created there.
    case cannotCreate
    /// A store that cannot be used from here, or something that is no store.
    case unusable
    /// The contents contradict themselves.
    case unsound
    /// Another format version.
    case formatVersion
    /// The user may not.
    case permission
    /// The store is another user's, and who opens it has not said that he trusts that one.
    case untrusted
    /// Another process holds the store; trying again later may help.
    case busy
    /// A read or write of a file failed; a full disk.
    case inputOutput
    /// A commit failed: whether its changes are in the store is not known until it is opened again.
    case commitUnknown
    /// The worker is not registered any more.
    case notRegistered
    /// A limit of the store, or a call that its contract does not allow.
    case limit
  }

  /// The kind of failure.
  public var code: Code
  /// What failed: on what: what to do.
  public var message: String

  /// A failure.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// How the message of every damaged store begins.
  package static let damage = "the store is damaged: "

  /// The contents contradict themselves: in this.
  package static func unsound(_ what: String) -> StoreError {
    StoreError(.unsound, "\(damage)\(what): run q-check")
  }
}
