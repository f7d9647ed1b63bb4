import Glibc
import QueueCore
import System

/// A place for a handler that streams: a thread that starts a process when there are items, feeds it
/// for as long as it lives, and starts another.
///
/// @unchecked Sendable: made by the ledger, then used by the one thread that runs ``work()``.
final class StreamSlot: SlotWork, @unchecked Sendable {
  private let number: Int
  private let plan: WorkPlan
  private let form: HandlerShape.Stream
  private let shared: SlotSharing
  private let carried: RunClaims
  private let wake: WakePipe
  private let error = Spool()
  private var arguments: ProgramArguments
  private var ordinal = 0

  init(
    _ number: Int, _ plan: WorkPlan, _ form: HandlerShape.Stream, _ shared: SlotSharing
  ) throws(SystemError) {
    (self.number, self.plan, self.form, self.shared) = (number, plan, form, shared)
    carried = RunClaims(shared.records, slot: number)
    wake = try WakePipe()
    arguments = ProgramArguments(plan.program)
    shared.streams.enter(number, wake)
  }

  /// Works until there are no more claims to come.
  func work() {
    defer { shared.streams.leave(number) }
    while let (first, held) = shared.next(for: number, part: { $0.part(1) }) {
      defer { shared.pools.give(held) }
      if shared.stop.isRaised {
        report(first.claims, .stopped)
      } else {
        process(first.claims, held)
      }
    }
  }

  private func process(_ first: [Claim], _ held: Pools.Held) {
    let token = first[0].token
    let name = RunName(number: token.number, incarnation: token.incarnation)
    if shared.refuse(first[0], plan) { return }
    fillArguments(name, held)
    do throws(SystemError) {
      try carried.begin(name.number, charged: ClaimList.none)
      // The lock before the handler: from its first instruction on it can be seen to live.
      guard let lock = try shared.openLock(name) else { return report(first, .stopped) }
      var pause: UInt64 = 10_000_000
      while true {
        do throws(SpawnFailure) {
          let process = try StreamProcess(
            arguments, name: name, lock: lock.descriptor, record: shared.records.descriptor,
            slot: number, shared.settings, shared.live)
          error.reset()
          let run = StreamRun(
            process, slot: number, plan, form, shared, carried, wake, error: error)
          run.run(first)
          StreamEnd(run, name).report()
          return run.passLastWords()
        } catch {
          guard error.kind == .shortage else { return report(first, .failedToStart(error)) }
          if pause == 640_000_000 { shared.sayShortage(error) }
          if shared.stop.wait(nanoseconds: pause) { return report(first, .stopped) }
          pause = min(pause * 2, 1_000_000_000)
        }
      }
    } catch {
      report(first, .broken(error))
    }
  }

  private func report(_ claims: [Claim], _ end: Finished.End) {
    shared.report(Finished(claims, ordinal: 0, shared.limits.current.policy, end))
  }

  private func fillArguments(_ name: RunName, _ held: Pools.Held) {
    ordinal += 1
    let values = HandlerTemplate.Values(
      ids: [ItemID(unchecked: [])], payload: nil, ordinal: ordinal, slot: number + 1,
      pools: shared.pools.values(held).map(\.value))
    // Without columns nothing can be missing.
    try? plan.template.fill(&arguments, values)
    let attempts = String(shared.limits.current.policy.maximumAttempts)
    arguments.append(environment: Array("Q_STREAM=".utf8), Array(form.form.rawValue.utf8))
    arguments.append(environment: Array("Q_MAX_ATTEMPTS=".utf8), Array(attempts.utf8))
    arguments.append(environment: Array("Q_SLOT=".utf8), Array(String(number + 1).utf8))
    arguments.append(environment: ProcessScan.tokenPrefix, name.text)
    shared.fill(&arguments, held)
  }
}
