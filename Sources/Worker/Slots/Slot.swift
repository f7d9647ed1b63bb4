import Glibc
import QueueCore
import System

/// One of a worker's places for a live handler: a thread that does one run after the other.
///
/// claim → start → collect → record → hand on its output → report to the ledger, which judges and
/// settles.
///
/// @unchecked Sendable: made by the ledger, then used by the one thread that runs ``work()``.
final class Slot: SlotWork, @unchecked Sendable {
  private let number: Int
  private let plan: WorkPlan
  private let shared: SlotSharing
  private let run: HandlerRun
  private var arguments: ProgramArguments
  /// What the run holds of the pools.
  private var held = Pools.Held()
  /// Where runs may carry many claims.
  private let carried: RunClaims?

  init(_ number: Int, _ plan: WorkPlan, _ shared: SlotSharing) throws(SystemError) {
    self.number = number
    self.plan = plan
    self.shared = shared
    run = try HandlerRun(settings: shared.settings, live: shared.live, stop: shared.stop)
    arguments = ProgramArguments(plan.program)
    carried = plan.shape == .single ? nil : RunClaims(shared.records, slot: number)
  }

  /// Works until there are no more claims to come.
  func work() {
    while let (assignment, held) = shared.next(for: number) {
      defer { shared.pools.give(held) }
      self.held = held
      if shared.stop.isRaised || assignment.claims.contains(where: isRevoked) {
        report(finished(assignment, .stopped))
      } else {
        process(assignment)
      }
    }
  }

  private func isRevoked(_ claim: Claim) -> Bool { shared.live.isRevoked(claim.token.number) }

  private func process(_ assignment: Assignment) {
    let limits = shared.limits.current
    let name = name(assignment)
    // Such a one has a run of its own, see RunLoad.
    if let refusal = plan.shape.refusal(of: assignment.claims[0].id, separator: plan.separator) {
      var unfit = finished(assignment, .unfit)
      unfit.message = Array(refusal.utf8)
      return report(unfit)
    }
    do throws(HandlerTemplate.MissingColumn) {
      try fillArguments(assignment, name, limits.policy.maximumAttempts)
    } catch {
      var unfit = finished(assignment, .unfit)
      unfit.message = Array(error.message.utf8)
      return report(unfit)
    }
    do throws(SystemError) {
      if assignment.claims.count > 1, let carried {
        try carried.begin(name.number, charged: ClaimList.all)
        try carried.add(assignment.claims.map(\.token.number), charged: ClaimList.all)
      }
      // The lock before the handler: from its first instruction on it can be seen to live.
      guard let lock = try shared.openLock(name) else {
        return report(finished(assignment, .stopped))
      }
      let relay = makeRelay(assignment.claims[0])
      var request = request(assignment, name, lock.descriptor)
      request.timeout = limits.timeout
      request.relay = relay
      request.onShortage = { [shared] failure in shared.sayShortage(failure) }
      request.onRemains = { [gate = shared.gate, id = assignment.claims[0].id] in
        gate.say(
          "q-work: something that the handler of \(VisibleText.id(id)) had started cannot be ended: "
            + "its item waits for that")
      }
      switch run.run(arguments, request) {
      case .stopped: report(finished(assignment, .stopped))
      case .failed(let failure): report(finished(assignment, .failedToStart(failure)))
      case .ended(let ended) where ended.leavesRemains: report(finished(assignment, .remains))
      case .ended(let ended):
        handOn(collect(assignment, name, ended), relay)
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

  /// What the run goes by: its claim's token where it carries one alone.
  private func name(_ assignment: Assignment) -> RunName {
    let first = assignment.claims[0].token
    return assignment.claims.count == 1
      ? RunName(ofClaim: first)
      : RunName(number: first.number, incarnation: first.incarnation)
  }

  private func request(
    _ assignment: Assignment, _ name: RunName, _ lock: Int32
  ) -> HandlerRun.Request {
    var request = HandlerRun.Request()
    request.token = name.number
    request.tokenText = name.text
    request.carried = assignment.claims.map(\.token.number)
    request.lock = lock
    request.record = shared.records.descriptor
    request.recordOffset = RunRecords.offset(slot: number)
    request.input = input(assignment)
    request.killAfter = plan.killAfter
    return request
  }

  /// The payload; of runs that carry many, the ids where they are to come that way.
  private func input(_ assignment: Assignment) -> [UInt8]? {
    guard case .many(let many) = plan.shape else { return assignment.claims[0].payload }
    guard many.onInput else { return nil }
    var lines: [UInt8] = []
    for claim in assignment.claims {
      lines += claim.id.bytes
      lines.append(plan.separator)
    }
    return lines
  }

  private func makeRelay(_ claim: Claim) -> LineRelay? {
    guard plan.output.order == .lines else { return nil }
    return LineRelay(
      shared.gate, plan.output, id: claim.id.bytes,
      keeps: plan.recorders.contains { $0.needsOutput }, stop: shared.stop)
  }

  // MARK: The end of a run

  private func collect(
    _ assignment: Assignment, _ name: RunName, _ report: RunReport
  ) -> Finished {
    let exit = report.exit
    var finished = finished(assignment, .ended(exit, timedOut: report.timedOut))
    finished.isEvicted = shared.live.takeEvicted(name.number)
    finished.duration = report.finished - report.started
    finished.startedAt = finished.endedAt + .nanoseconds(-Int64(finished.duration))
    let isGood = exit == .exited(0)
    if !isGood { finished.message = Finished.lastLines(run.error.tail()) }
    if plan.keeping == .all || (plan.keeping == .failed && !isGood) {
      let length = KeptOutput.maximumLength
      finished.output = KeptOutput(output: run.output.tail(length), error: run.error.tail(length))
    }
    do throws(Control.Invalid) {
      var isWhole = !report.timedOut
      if case .signalled = exit { isWhole = false }
      if let control = try shared.controls.take(name, isWhole: isWhole) {
        finished.results = try control.places(among: assignment.claims, plan.shape)
        try control.checkPools(plan.pools)
        // Before the end is reported: the ledger does not count on them any more.
        shared.rest(control.poolRests, of: held)
        (finished.control, finished.emitted) = (control, control.emitted)
        if !control.note.isEmpty { finished.message = control.note }
      }
    } catch {
      finished.isControlInvalid = true
      finished.message = Array(error.message.utf8)
    }
    if isGood, let queue = plan.emitsTo { emit(&finished, to: queue) }
    if isGood, plan.collects { gather(&finished) }
    return finished
  }

  /// Takes the output for what the item gives back.
  private func gather(_ finished: inout Finished) {
    guard run.output.count <= plan.resultLimit else {
      finished.isControlInvalid = true
      finished.message = Array(
        "collect: it gave back \(run.output.count) bytes, and \(plan.resultLimit) may be".utf8)
      return
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(run.output.count)
    do throws(SystemError) {
      try run.output.forEachPart { (part) throws(SystemError) in bytes += part }
      finished.result = ItemResult(bytes)
    } catch {
      finished.end = .outputLost(error)
    }
  }

  /// Takes the output for what is to be there once the item is done.
  private func emit(_ finished: inout Finished, to queue: QueueName) {
    var lines = EmittedLines(to: queue, separator: plan.separator)
    var bad: Emission.BadLine?
    do throws(SystemError) {
      try run.output.forEachPart { (part) throws(SystemError) in
        do throws(Emission.BadLine) { if bad == nil { try lines.read(part) } } catch { bad = error }
      }
    } catch {
      finished.end = .outputLost(error)
    }
    do throws(Emission.BadLine) { if bad == nil { try lines.finish() } } catch { bad = error }
    finished.emitted += lines.emitted
    if bad == nil, !Emission.areFew(finished.emitted) {
      bad = Emission.BadLine(why: "emit: it emits \(Emission.tooMany)")
    }
    guard let bad else { return }
    finished.isControlInvalid = true
    finished.message = Array(bad.why.utf8)
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
          run.output, run.error, of: finished.id.bytes, plan.output, stop: shared.stop)
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
    let claims = finished.claims
    let command = try? plan.template.commandLine(values(claims, finished.ordinal))
    let facts = RunFacts(
      ids: claims.map(\.id), attempt: claims[0].attempt, ordinal: finished.ordinal,
      slot: number + 1, exit: exit,
      timedOut: timedOut, startedAt: finished.startedAt, endedAt: finished.endedAt,
      duration: finished.duration, outputLength: run.output.dropped + run.output.count,
      key: claims[0].token.key, command: command ?? [])
    for recorder in plan.recorders {
      try recorder.record(facts, output: run.output, error: run.error)
    }
  }

  // MARK: The handler's arguments

  private func values(_ claims: [Claim], _ ordinal: Int) -> HandlerTemplate.Values {
    HandlerTemplate.Values(
      ids: claims.map(\.id), payload: claims[0].payload, ordinal: ordinal, slot: number + 1,
      pools: shared.pools.values(held).map(\.value))
  }

  private func fillArguments(
    _ assignment: Assignment, _ name: RunName, _ attempts: UInt32
  ) throws(HandlerTemplate.MissingColumn) {
    let claims = assignment.claims
    try plan.template.fill(&arguments, values(claims, assignment.ordinal))
    if claims.count == 1 {
      arguments.append(environment: Self.idPrefix, claims[0].id.bytes)
      arguments.append(environment: Self.attemptPrefix, Array(String(claims[0].attempt).utf8))
    }
    arguments.append(environment: Self.countPrefix, Array(String(claims.count).utf8))
    arguments.append(environment: Self.maximumPrefix, Array(String(attempts).utf8))
    arguments.append(environment: Self.slotPrefix, Array(String(number + 1).utf8))
    arguments.append(environment: ProcessScan.tokenPrefix, name.text)
    shared.fill(&arguments, held)
    arguments.append(environment: Self.controlPrefix, shared.controls.path(name))
  }

  private static let idPrefix = Array("Q_ID=".utf8)
  private static let countPrefix = Array("Q_IDS=".utf8)
  private static let attemptPrefix = Array("Q_ATTEMPT=".utf8)
  private static let maximumPrefix = Array("Q_MAX_ATTEMPTS=".utf8)
  private static let slotPrefix = Array("Q_SLOT=".utf8)
  private static let controlPrefix = Array("Q_CONTROL=".utf8)
}
