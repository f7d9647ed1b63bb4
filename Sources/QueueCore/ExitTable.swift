/// What a handler's exit status means.
public struct ExitTable: Hashable, Sendable {
  /// What a status, other than 0, can be told to mean.
  public enum Meaning: Hashable, Sendable {
    /// A failed attempt: tried again while attempts are left.
    case retried
    /// Tried later, using no attempt.
    case deferred
    /// Failed for good.
    case final
    /// The handler cannot work: the run stops, and the item goes back.
    case stopping
    /// As ``stopping`` as long as nothing has succeeded, later as ``retried``.
    case suspicious
  }

  /// The statuses that do not mean ``Meaning/retried``; 75 is `EX_TEMPFAIL`, 126 and 127 are a
  /// shell's for a program that cannot be run.
  private var meanings: [UInt8: Meaning] = [
    65: .final, 75: .deferred, 100: .final, 126: .suspicious, 127: .suspicious,
  ]

  /// The defaults.
  public init() {}

  /// What a status means; that of 0 cannot be changed.
  public subscript(status: UInt8) -> Meaning {
    get { meanings[status] ?? .retried }
    set { meanings[status] = newValue }
  }

  /// What the run stands for.
  public enum Judgement: Hashable, Sendable {
    /// The claim ends with this outcome.
    case settle(Outcome)
    /// The handler cannot work: the run stops, the item goes back uncharged.
    case stop(status: UInt8)
  }

  /// Judges the end of a run. `timedOut`: the worker ended it because its time was over;
  /// `anySuccess`: an item of this run of the worker has succeeded already.
  public func judge(_ exit: RunExit, timedOut: Bool, anySuccess: Bool) -> Judgement {
    if timedOut { return .settle(.timedOut) }
    switch exit {
    case .exited(0): return .settle(.succeeded)
    case .exited(let status):
      switch self[status] {
      case .retried: return .settle(.failed(final: false))
      case .deferred: return .settle(.deferred(for: nil))
      case .final: return .settle(.failed(final: true))
      case .stopping: return .stop(status: status)
      case .suspicious:
        return anySuccess ? .settle(.failed(final: false)) : .stop(status: status)
      }
    case .signalled: return .settle(.crashed)
    case .notStarted: return .settle(.failed(final: true))
    }
  }
}

/// A list of exit statuses, as text: `1-9,75`.
public struct ExitList: Hashable, Sendable {
  /// The statuses, each from 1 to 255.
  public let statuses: Set<UInt8>

  /// Reads a list; nil when the text is none.
  public init?(_ text: String) {
    var statuses: Set<UInt8> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = Self.status(ends[0]), let last = Self.status(ends[ends.count - 1]),
        first <= last
      else { return nil }
      statuses.formUnion(first...last)
    }
    self.statuses = statuses
  }

  private static func status(_ text: Substring) -> UInt8? {
    guard text.allSatisfy(\.isNumber), let status = UInt8(text), status > 0 else { return nil }
    return status
  }
}
