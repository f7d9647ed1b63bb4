import Glibc
import QueueCore
import System

/// What the slots of a worker have in common.
struct SlotSharing: Sendable {
  let ready: BlockingQueue<Assignment>
  let finished: BlockingQueue<Finished>
  let wake: WakePipe
  let settings: SpawnSettings
  let live: LiveRuns
  let stop: StopFlag
  let gate: OutputGate
  let liveness: StoreLiveness
  let records: RunRecords
  let roster: SlotRoster
  let limits: RunLimits
  let controls: ControlFiles
  let pools: Pools
  /// Where outputs wait for those before them; nil where they do not.
  let order: OutputOrder?

  /// Of slots that stream.
  let streams = StreamSharing()

  func report(_ item: Finished) {
    finished.push(item)
    wake.wake()
  }

  /// A value of each pool for a slot that has something to do, waiting for them; nil when it is to end.
  func takeFromPools(for slot: Int) -> Pools.Held? {
    pools.take { roster.retires(slot) || ready.isClosed }
  }

  /// Reports a claim that the handler is not to get: its item was removed, or its id cannot be given.
  func refuse(_ claim: Claim, _ plan: WorkPlan) -> Bool {
    let refusal = plan.shape.refusal(of: claim.id, separator: plan.separator)
    guard refusal != nil || live.isRevoked(claim.token.number) else { return false }
    var finished = Finished(
      [claim], ordinal: 0, limits.current.policy, refusal == nil ? .stopped : .unfit)
    if let refusal { finished.message = Array(refusal.utf8) }
    report(finished)
    return true
  }

  /// A run's lock. A lack of descriptors is waited out, as at the start of a process; nil when the run
  /// is stopped meanwhile.
  func openLock(_ run: RunName) throws(SystemError) -> RunLock? {
    while true {
      do throws(SystemError) {
        return try liveness.locks.openRunLock(run.number)
      } catch {
        guard [EMFILE, ENFILE, ENOMEM].contains(error.code) else { throw error }
        if stop.wait(nanoseconds: 100_000_000) { return nil }
      }
    }
  }

  func sayShortage(_ failure: SpawnFailure) {
    gate.say(
      "q-work: cannot start a handler now: \(SystemError.reason(failure.code)): trying again; see "
        + "ulimit -u, and ulimit -n")
  }
}

/// Which of a worker's slots are to go on: those with a number below the bound.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
final class SlotRoster: @unchecked Sendable {
  private let monitor = Monitor()
  private var bound = 0
  /// Numbers whose thread runs, or is about to.
  private var running: Set<Int> = []

  /// Sets the bound; the numbers below it that need a thread.
  func set(_ bound: Int) -> [Int] {
    monitor.locked {
      self.bound = bound
      let missing = (0..<bound).filter { !running.contains($0) }
      running.formUnion(missing)
      return missing
    }
  }

  /// Whether this slot is to end; its thread does so then, and another one may take its number.
  func retires(_ number: Int) -> Bool {
    monitor.locked {
      guard number >= bound else { return false }
      running.remove(number)
      return true
    }
  }

  /// Whether this slot is to end when it has nothing left to do.
  func isRetired(_ number: Int) -> Bool { monitor.locked { number >= bound } }

  /// Numbers whose thread was not started.
  func forget(_ numbers: some Sequence<Int>) {
    monitor.locked { running.subtract(numbers) }
  }

  /// Lowers the bound to the numbers that run without a gap; gives it back.
  func lower() -> Int {
    monitor.locked {
      bound = (0...bound).first { !running.contains($0) } ?? bound
      return bound
    }
  }
}

/// What slots look up for each run, because it may change while they work.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
final class RunLimits: @unchecked Sendable {
  private let monitor = Monitor()
  private var value: (timeout: UInt64?, policy: RetryPolicy) = (nil, RetryPolicy())

  /// Nanoseconds a handler may take, nil for any time; when an item is tried again.
  var current: (timeout: UInt64?, policy: RetryPolicy) {
    get { monitor.locked { value } }
    set { monitor.locked { value = newValue } }
  }
}
