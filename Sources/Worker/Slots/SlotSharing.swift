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

  /// What a slot is to do next, or the part of it that `part` takes away, with a value of each pool: waits
  /// for both. nil: it is to end.
  func next(
    for slot: Int, part: (inout Assignment) -> Assignment? = { _ in nil }
  ) -> (assignment: Assignment, held: Pools.Held)? {
    // Values first: whoever has something to do can start.
    while let held = pools.take(unless: { roster.retires(slot) || ready.isClosed }) {
      var isRetired = false
      let next = ready.pop(
        unless: {
          isRetired = roster.retires(slot)
          return isRetired || !pools.mayStart(held)
        }, part: part)
      if let next { return (next, held) }
      pools.give(held)
      if isRetired { return nil }
    }
    return nil
  }

  /// Lets values rest that a run holds, as its handler has asked, and says so.
  func rest(_ rests: [String: Control.Rest], of held: Pools.Held) {
    guard !rests.isEmpty else { return }
    for (name, rest) in rests.sorted(by: { $0.value.line < $1.value.line }) {
      guard let value = pools.rest(name, of: held, for: rest.length) else { continue }
      gate.say("q-work: \(name) \(VisibleText.escaped(value)) rests for \(rest.length.text)")
    }
    // Whoever holds one of them and waits for something to do takes another.
    ready.wakeAll()
  }

  /// Adds what a handler's environment says of the values that it holds.
  func fill(_ arguments: inout ProgramArguments, _ held: Pools.Held) {
    for (pool, value) in pools.values(held) {
      arguments.append(environment: Array("\(pool.variable)=".utf8), value)
    }
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

  /// A run's lock. A lack of descriptors is waited out, as at the start of a process, and a doubt whether others
  /// take what this worker holds; nil when the run is stopped meanwhile.
  func openLock(_ run: RunName) throws(SystemError) -> RunLock? {
    while true {
      if liveness.standing() != .sure {
        if stop.wait(nanoseconds: 100_000_000) { return nil }
        continue
      }
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
final class SlotRoster: Sendable {
  private struct Roster {
    var bound = 0
    /// Numbers whose thread runs, or is about to.
    var running: Set<Int> = []
  }

  private let roster = Locked(Roster())

  /// Sets the bound; the numbers below it that need a thread.
  func set(_ bound: Int) -> [Int] {
    roster.withLock { roster in
      roster.bound = bound
      let missing = (0..<bound).filter { !roster.running.contains($0) }
      roster.running.formUnion(missing)
      return missing
    }
  }

  /// Whether this slot is to end; its thread does so then, and another one may take its number.
  func retires(_ number: Int) -> Bool {
    roster.withLock { roster in
      guard number >= roster.bound else { return false }
      roster.running.remove(number)
      return true
    }
  }

  /// Whether this slot is to end when it has nothing left to do.
  func isRetired(_ number: Int) -> Bool { roster.withLock { number >= $0.bound } }

  /// Numbers whose thread was not started.
  func forget(_ numbers: some Sequence<Int>) {
    roster.withLock { $0.running.subtract(numbers) }
  }

  /// Lowers the bound to the numbers that run without a gap; gives it back.
  func lower() -> Int {
    roster.withLock { roster in
      roster.bound = (0...roster.bound).first { !roster.running.contains($0) } ?? roster.bound
      return roster.bound
    }
  }
}

/// What slots look up for each run, because it may change while they work.
final class RunLimits: Sendable {
  private let value = Locked<(timeout: UInt64?, policy: RetryPolicy)>((nil, RetryPolicy()))

  /// Nanoseconds a handler may take, nil for any time; when an item is tried again.
  var current: (timeout: UInt64?, policy: RetryPolicy) {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
