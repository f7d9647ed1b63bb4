import Glibc
import QueueCore

/// How a claimed item left its slot.
struct Finished: Sendable {
  enum End: Sendable {
    /// The handler ran to an end of its own, or to its time-out.
    case ended(RunExit, timedOut: Bool)
    /// The handler could not be started.
    case failedToStart(SpawnFailure)
    /// Nothing was started: the run is being stopped.
    case stopped
    /// The slot itself failed; the item is unharmed.
    case broken(SystemError)
    /// The handler ran, but what it wrote could not be handed on.
    case outputLost(SystemError)
  }

  var claim: Claim
  var end: End
  var startedAt: Timestamp
  var endedAt: Timestamp
  /// Nanoseconds that the handler took.
  var duration: UInt64 = 0
  /// What is to be kept of what it wrote.
  var output: KeptOutput?
  /// The last lines of its stderr, when it did not succeed.
  var message: [UInt8] = []
}

/// One of a worker's places for a live handler: a thread that does one item after the other.
///
/// claim → start → collect → hand on its output → report to the ledger, which judges and settles.
///
/// @unchecked Sendable: made by the ledger, then used by the one thread that runs ``work()``.
final class Slot: @unchecked Sendable {
  private let number: Int
  private let plan: WorkPlan
  private let shared: SlotSharing
  private let run: HandlerRun
  private var arguments: ProgramArguments

  init(_ number: Int, _ plan: WorkPlan, _ shared: SlotSharing) throws(SystemError) {
    self.number = number
    self.plan = plan
    self.shared = shared
    run = try HandlerRun(settings: shared.settings, live: shared.live, stop: shared.stop)
    arguments = ProgramArguments(plan.program)
  }

  /// Works until there are no more claims to come.
  func work() {
    while let claim = shared.ready.pop(unless: { shared.roster.retires(number) }) {
      shared.report(shared.stop.isRaised ? unstarted(claim, .stopped) : process(claim))
    }
  }

  private func process(_ claim: Claim) -> Finished {
    fillArguments(claim)
    do throws(SystemError) {
      // The lock before the handler: from its first instruction on it can be seen to live.
      guard let lock = try openLock(claim) else { return unstarted(claim, .stopped) }
      let outcome = run.run(arguments, request(claim, lock.descriptor))
      return collect(claim, outcome)
    } catch {
      return unstarted(claim, .broken(error))
    }
  }

  /// The run's lock. A lack of descriptors is waited out, as at the start of a process; nil when the
  /// run is stopped meanwhile.
  private func openLock(_ claim: Claim) throws(SystemError) -> RunLock? {
    while true {
      do throws(SystemError) {
        return try shared.liveness.locks.openRunLock(claim.token.number)
      } catch {
        guard [EMFILE, ENFILE, ENOMEM].contains(error.code) else { throw error }
        if shared.stop.wait(nanoseconds: 100_000_000) { return nil }
      }
    }
  }

  private func request(_ claim: Claim, _ lock: Int32) -> HandlerRun.Request {
    let limits = shared.limits.current
    let most = Array(String(limits.maximumAttempts).utf8)
    arguments.append(environment: Self.maximumPrefix, most)
    var request = HandlerRun.Request()
    request.token = claim.token.number
    request.lock = lock
    request.record = shared.records.descriptor
    request.recordOffset = RunRecords.offset(slot: number)
    request.payload = claim.payload
    request.timeout = limits.timeout
    request.killAfter = plan.killAfter
    return request
  }

  private func collect(_ claim: Claim, _ outcome: HandlerRun.Outcome) -> Finished {
    switch outcome {
    case .stopped: return unstarted(claim, .stopped)
    case .failed(let failure): return unstarted(claim, .failedToStart(failure))
    case .ended(let report):
      let now = Timestamp.now()
      let duration = report.finished - report.started
      var finished = Finished(
        claim: claim, end: .ended(RunExit(report.exit), timedOut: report.timedOut),
        startedAt: now + .nanoseconds(-Int64(duration)), endedAt: now, duration: duration)
      let isGood = report.exit == .exited(0)
      if !isGood { finished.message = Self.lastLines(run.error.tail()) }
      if plan.keeping == .all || (plan.keeping == .failed && !isGood) {
        let length = KeptOutput.maximumLength
        finished.output = KeptOutput(
          output: run.output.tail(length), error: run.error.tail(length))
      }
      do throws(SystemError) {
        if let failure = run.output.failure ?? run.error.failure { throw failure }
        try shared.gate.emit(run.output, run.error, stop: shared.stop)
      } catch {
        finished.end = .outputLost(error)
      }
      return finished
    }
  }

  private func unstarted(_ claim: Claim, _ end: Finished.End) -> Finished {
    let now = Timestamp.now()
    return Finished(claim: claim, end: end, startedAt: now, endedAt: now)
  }

  private func fillArguments(_ claim: Claim) {
    plan.template.fill(&arguments, id: claim.id)
    arguments.append(environment: Self.idPrefix, claim.id.bytes)
    arguments.append(environment: Self.attemptPrefix, Array(String(claim.attempt).utf8))
    arguments.append(environment: Self.slotPrefix, Array(String(number + 1).utf8))
    arguments.append(environment: Self.tokenPrefix, Array(claim.token.text.utf8))
  }

  private static let idPrefix = Array("Q_ID=".utf8)
  private static let attemptPrefix = Array("Q_ATTEMPT=".utf8)
  private static let maximumPrefix = Array("Q_MAX_ATTEMPTS=".utf8)
  private static let slotPrefix = Array("Q_SLOT=".utf8)
  private static let tokenPrefix = Array("Q_TOKEN=".utf8)

  /// The last whole lines that fit into what is kept of a run, without the end of line.
  private static func lastLines(_ tail: [UInt8]) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    var text = tail[...]
    while let last = text.last, last == newline || last == UInt8(ascii: "\r") { text.removeLast() }
    guard text.count > RunSummary.maximumMessage else { return Array(text) }
    let kept = text.suffix(RunSummary.maximumMessage)
    guard let cut = kept.firstIndex(of: newline), kept.distance(from: cut, to: kept.endIndex) > 1
    else { return Array(kept) }
    return Array(kept[(cut + 1)...])
  }
}

/// What the slots of a worker have in common.
struct SlotSharing: Sendable {
  let ready: BlockingQueue<Claim>
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

  func report(_ item: Finished) {
    finished.push(item)
    wake.wake()
  }
}

extension RunExit {
  fileprivate init(_ exit: HandlerExit) {
    switch exit {
    case .exited(let status): self = .exited(UInt8(truncatingIfNeeded: status))
    case .signalled(let signal): self = .signalled(UInt8(truncatingIfNeeded: signal))
    }
  }
}
