/// What a handler's exit status means.
public struct ExitTable: Hashable, Sendable {
  /// Statuses that ask to be tried later, using no attempt; 75 is `EX_TEMPFAIL`.
  public var deferred: Set<UInt8> = [75]
  /// Statuses that fail for good.
  public var final: Set<UInt8> = [65, 100]
  /// Statuses that mean that the handler itself cannot work: the run stops as long as nothing has
  /// succeeded, later they are failed attempts.
  public var stopping: Set<UInt8> = [126, 127]

  /// The defaults.
  public init() {}

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
    case .exited(let status) where deferred.contains(status): return .settle(.deferred(for: nil))
    case .exited(let status) where final.contains(status): return .settle(.failed(final: true))
    case .exited(let status) where stopping.contains(status) && !anySuccess:
      return .stop(status: status)
    case .exited: return .settle(.failed(final: false))
    case .signalled: return .settle(.crashed)
    case .notStarted: return .settle(.failed(final: true))
    }
  }
}
