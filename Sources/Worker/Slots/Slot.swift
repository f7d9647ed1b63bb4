import Glibc
import QueueCore
import System

/// One of a worker's places for a live handler: a thread that does one item after the other.
///
/// claim → start → collect → record → hand on its output → report to the ledger, which judges and
/// settles.
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
    while let assignment = shared.ready.pop(unless: { shared.roster.retires(number) }) {
      if shared.stop.isRaised || shared.live.isRevoked(assignment.claim.token.number) {
        report(finished(assignment, .stopped))
      } else {
        process(assignment)
      }
    }
  }

  private func process(_ assignment: Assignment) {
    let limits = shared.limits.current
    do throws(HandlerTemplate.MissingColumn) {
      try fillArguments(assignment, limits.policy.maximumAttempts)
    } catch {
      var unfit = finished(assignment, .unfit)
      unfit.message = Array(error.message.utf8)
      return report(unfit)
    }
    do throws(SystemError) {
      // The lock before the handler: from its first instruction on it can be seen to live.
      guard let lock = try openLock(assignment.claim) else {
        return report(finished(assignment, .stopped))
      }
      let relay = makeRelay(assignment.claim)
      var request = request(assignment.claim, lock.descriptor)
      request.timeout = limits.timeout
      request.relay = relay
      request.onShortage = { [gate = shared.gate] failure in
        gate.say(
          "q-work: cannot start a handler now: \(SystemError.reason(failure.code)): trying "
            + "again; see ulimit -u, and ulimit -n")
      }
      request.onRemains = { [gate = shared.gate, id = assignment.claim.id] in
        gate.say(
          "q-work: something that the handler of \(VisibleText.id(id)) had started cannot be ended: "
            + "its item waits for that")
      }
      switch run.run(arguments, request) {
      case .stopped: report(finished(assignment, .stopped))
      case .failed(let failure): report(finished(assignment, .failedToStart(failure)))
      case .ended(let ended) where ended.leavesRemains: report(finished(assignment, .remains))
      case .ended(let ended):
        handOn(collect(assignment, ended), relay)
        // Now and not with the next run, which may be days away: a file without a name takes room too.
        run.output.reset()
        run.error.reset()
      }
    } catch {
      report(finished(assignment, .broken(error)))
    }
  }

  private func finished(_ assignment: Assignment, _ end: Finished.End) -> Finished {
    Finished(assignment, shared.limits.current.policy, end)
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
    var request = HandlerRun.Request()
    request.token = claim.token.number
    request.tokenText = Array(claim.token.text.utf8)
    request.lock = lock
    request.record = shared.records.descriptor
    request.recordOffset = RunRecords.offset(slot: number)
    request.payload = claim.payload
    request.killAfter = plan.killAfter
    return request
  }

  private func makeRelay(_ claim: Claim) -> LineRelay? {
    guard plan.output.order == .lines else { return nil }
    return LineRelay(
      shared.gate, plan.output, id: claim.id.bytes,
      keeps: plan.recorders.contains { $0.needsOutput }, stop: shared.stop)
  }

  // MARK: The end of a run

  private func collect(_ assignment: Assignment, _ report: RunReport) -> Finished {
    let exit = report.exit
    var finished = finished(assignment, .ended(exit, timedOut: report.timedOut))
    finished.duration = report.finished - report.started
    finished.startedAt = finished.endedAt + .nanoseconds(-Int64(finished.duration))
    let isGood = exit == .exited(0)
    if !isGood { finished.message = Self.lastLines(run.error.tail()) }
    if plan.keeping == .all || (plan.keeping == .failed && !isGood) {
      let length = KeptOutput.maximumLength
      finished.output = KeptOutput(output: run.output.tail(length), error: run.error.tail(length))
    }
    do throws(Control.Invalid) {
      var isWhole = !report.timedOut
      if case .signalled = exit { isWhole = false }
      if let control = try shared.controls.take(assignment.claim.token, isWhole: isWhole) {
        finished.control = control
        if !control.note.isEmpty { finished.message = control.note }
      }
    } catch {
      finished.isControlInvalid = true
      finished.message = Array(error.message.utf8)
    }
    return finished
  }

  /// Records the run and hands its output on; only then its end is reported.
  private func handOn(_ finished: Finished, _ relay: LineRelay?) {
    var finished = finished
    do throws(SystemError) {
      if let failure = run.output.failure ?? run.error.failure { throw failure }
      try record(finished)
      switch (shared.order, relay) {
      case (let order?, _) where finished.isLast(plan.exits):
        if let written = order.take(finished, run.output, run.error) {
          shared.report(written)
        } else {
          // It waits, and the slot is free.
          shared.wake.wake()
        }
        return
      case (_, let relay?):
        relay.finish(run.output, run.error)
        if let failure = relay.failure { throw failure }
      case (nil, nil):
        try shared.gate.emit(
          run.output, run.error, of: finished.claim.id.bytes, plan.output, stop: shared.stop)
      default: break
      }
    } catch {
      finished.end = .outputLost(error)
    }
    report(finished)
  }

  /// Reports a claim's end from which no output is to come.
  private func report(_ finished: Finished) {
    shared.order?.skip(finished.ordinal)
    shared.report(finished)
  }

  private func record(_ finished: Finished) throws(SystemError) {
    guard !plan.recorders.isEmpty, case .ended(let exit, let timedOut) = finished.end else {
      return
    }
    let claim = finished.claim
    let command = try? plan.template.commandLine(values(claim, finished.ordinal))
    let facts = RunFacts(
      id: claim.id, attempt: claim.attempt, ordinal: finished.ordinal, slot: number + 1, exit: exit,
      timedOut: timedOut, startedAt: finished.startedAt, endedAt: finished.endedAt,
      duration: finished.duration, outputLength: run.output.dropped + run.output.count,
      token: claim.token, command: command ?? [])
    for recorder in plan.recorders {
      try recorder.record(facts, output: run.output, error: run.error)
    }
  }

  // MARK: The handler's arguments

  private func values(_ claim: Claim, _ ordinal: Int) -> HandlerTemplate.Values {
    HandlerTemplate.Values(
      id: claim.id, payload: claim.payload, ordinal: ordinal, slot: number + 1)
  }

  private func fillArguments(
    _ assignment: Assignment, _ attempts: UInt32
  ) throws(HandlerTemplate.MissingColumn) {
    let claim = assignment.claim
    try plan.template.fill(&arguments, values(claim, assignment.ordinal))
    arguments.append(environment: Self.idPrefix, claim.id.bytes)
    arguments.append(environment: Self.attemptPrefix, Array(String(claim.attempt).utf8))
    arguments.append(environment: Self.maximumPrefix, Array(String(attempts).utf8))
    arguments.append(environment: Self.slotPrefix, Array(String(number + 1).utf8))
    arguments.append(environment: ProcessScan.tokenPrefix, Array(claim.token.text.utf8))
    arguments.append(environment: Self.controlPrefix, shared.controls.path(claim.token))
  }

  private static let idPrefix = Array("Q_ID=".utf8)
  private static let attemptPrefix = Array("Q_ATTEMPT=".utf8)
  private static let maximumPrefix = Array("Q_MAX_ATTEMPTS=".utf8)
  private static let slotPrefix = Array("Q_SLOT=".utf8)
  private static let controlPrefix = Array("Q_CONTROL=".utf8)

  /// How much is kept of what a run said last, in bytes.
  private static let longestMessage = 1_000

  /// The last whole lines that fit into what is kept of a run, without the end of line.
  private static func lastLines(_ tail: [UInt8]) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    var text = tail[...]
    while let last = text.last, last == newline || last == UInt8(ascii: "\r") { text.removeLast() }
    guard text.count > longestMessage else { return Array(text) }
    let kept = text.suffix(longestMessage)
    guard let cut = kept.firstIndex(of: newline), kept.distance(from: cut, to: kept.endIndex) > 1
    else { return Array(kept) }
    return Array(kept[(cut + 1)...])
  }
}
