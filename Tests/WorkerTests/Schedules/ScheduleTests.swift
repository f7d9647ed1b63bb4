import Glibc
import QueueCore
import QueueTestKit
import Testing

@testable import Worker

/// A ledger on a store in memory, with slots that start nothing, in whatever order things happen.
/// `Q_SEED=N` runs the one schedule of that seed again.
@Suite struct ScheduleTests {
  @Test func `whatever happens no claim is lost, settled twice, or run twice at once`() throws {
    if let seed = getenv("Q_SEED").flatMap({ UInt64(String(cString: $0)) }) {
      var sights: Set<String> = []
      #expect(try Self.faults(of: seed, &sights) == [], "Q_SEED=\(seed)")
      return
    }
    let first = UInt64.random(in: 0...999_999_999)
    var sights: Set<String> = []
    for seed in first..<first + 2_000 {
      let faults = try Self.faults(of: seed, &sights)
      guard faults.isEmpty else {
        Issue.record("Q_SEED=\(seed): \(faults.prefix(5).joined(separator: "; "))")
        return
      }
    }
    #expect(sights == ScheduleCheck.allSights, "not everything has happened")
  }

  /// What is wrong after a schedule; what has happened in it is noted.
  private static func faults(
    of seed: UInt64, _ sights: inout Set<String>
  ) throws -> [String] {
    let schedule = try Schedule(seed: seed)
    var check = ScheduleCheck(schedule)
    let result = Result { () throws(StoreError) in try schedule.run() }
    switch result {
    case .success(let report): try check.end(report)
    case .failure(let error): try check.failure(error)
    }
    if !check.faults.isEmpty, getenv("Q_SEED") != nil {
      print(schedule.world.said.joined(separator: "\n"))
    }
    sights.formUnion(check.sights)
    return check.faults
  }
}

/// Compares what is in the store, what the slots did, and what the ledger reports.
struct ScheduleCheck {
  private(set) var faults: [String] = []
  /// What has happened, by name.
  private(set) var sights: Set<String> = []
  private let schedule: Schedule
  private var world: IdleWorld { schedule.world }
  private var record: StoreRecord { schedule.store.record }

  /// What a test of thousands of schedules has to have met.
  static let allSights: Set<String> = [
    "drained", "idle", "limit", "held", "signal", "output", "halted", "handler", "error", "failure",
    "commit lost", "run left", "run told", "stale", "peer died", "claimed ahead",
    "output early", "made room", "group full", "budget spent",
  ]

  init(_ schedule: Schedule) { self.schedule = schedule }

  private mutating func see(_ sight: String, _ isSeen: Bool = true) {
    if isSeen { sights.insert(sight) }
  }

  private mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
    if !condition { faults.append(fault()) }
  }

  /// The ledger has come to its end.
  mutating func end(_ report: WorkReport) throws {
    let (base, slots) = (schedule.base, schedule.slots)
    everywhere()
    let left = Set(try base.claims(of: world.worker).map(\.number))
    expect(left.isSubset(of: slots.left), "claims are left: \(left.subtracting(slots.left))")
    let isRegistered = try base.workers().contains { $0.id == world.worker }
    expect(isRegistered == !slots.left.isEmpty, "registered: \(isRegistered)")
    if let peer = world.peer, peer.isLongGone(world.now), world.isPrompt {
      expect(try base.claims(of: peer.worker).isEmpty, "a dead worker's claims are left")
    }
    for claim in record.claims where !slots.left.contains(claim.token.number) {
      let token = claim.token.number
      expect(
        record.moved[token] != nil || record.stale.contains(token), "token \(token) was not settled"
      )
    }
    let spending = try base.budgets(of: schedule.plan.queue).first?.spending.spent ?? .zero
    let told = slots.spent[Schedule.usd] ?? .zero
    expect(spending == told, "\(told) are spent, and not \(spending)")
    if case .held(let why) = report.end { see("budget spent", why.contains("the budget of usd")) }
    compare(report)
    agree(report)
  }

  /// The ledger has given up: whoever finds it dead has to find everything as it should be.
  mutating func failure(_ error: StoreError) throws {
    let base = schedule.base
    see("failure")
    expect(!world.isRunningAway, "the loop does not end")
    expect([.busy, .inputOutput, .commitUnknown].contains(error.code), "failed: \(error)")
    everywhere()
    let worker = world.worker
    let observer = ScriptedObserver(
      isDead: { $0 == worker }, seen: { _ in .ended(.unbegun) })
    _ = try base.recover(observer: observer, for: schedule.plan.queue, given: QueueSettings())
    expect(try base.claims(of: worker).isEmpty, "claims are left after a recovery")
  }

  private mutating func everywhere() {
    expect(schedule.slots.isClosed && schedule.slots.running == 0, "runs are left")
    faults += world.faults + record.faults
    see("commit lost", record.lost > 0)
    see("run left", !schedule.slots.left.isEmpty)
    see("run told", !schedule.slots.told.isEmpty)
    see("claimed ahead", schedule.slots.hasWaited)
    see("output early", schedule.slots.hasBeenEarly)
    see("made room", schedule.slots.hasEvicted)
    see("group full", world.hasBeenFull)
    see("stale", !record.stale.isEmpty)
    see("peer died", world.peer?.isDead ?? false)
    let audit = try? schedule.base.audit()
    expect(audit?.findings == [], "\(audit?.findings ?? [])")
    for claim in record.claims {
      let token = claim.token.number
      guard let outcome = record.moved[token] else { continue }
      if schedule.slots.told.contains(token) {
        expect(outcome == .released || outcome == .succeeded, "charged: \(token): \(outcome)")
      }
      switch schedule.slots.ends[token] {
      case .exited(0)?:
        expect(outcome == .succeeded, "\(token): \(outcome)")
      case .some: expect(outcome != .succeeded, "token \(token) did not succeed")
      case nil:
        // Nothing was started: it goes back, unless it cannot be run at all.
        expect(
          outcome == .released || outcome == .failed(final: true),
          "\(token): \(outcome) without run")
      }
    }
  }

  private mutating func compare(_ report: WorkReport) {
    let (said, seen) = (report.outcomes, record.outcomes)
    func pair(_ part: KeyPath<WorkReport.Outcomes, UInt64>) -> (UInt64, UInt64) {
      (said[keyPath: part], seen[keyPath: part])
    }
    let parts: [(String, (UInt64, UInt64))] = [
      ("succeeded", pair(\.succeeded)), ("retried", pair(\.retried)),
      ("deferred", pair(\.deferred)), ("released", pair(\.released)),
      ("failed", pair(\.failed)),
    ]
    for (name, (said, seen)) in parts {
      // What a commit settled of which the worker was not told it does not know.
      let isRight = record.lost > 0 ? said <= seen : said == seen
      expect(isRight, "\(name): \(said) reported, \(seen) in the store")
    }
  }

  /// The reason that the ledger gives agrees with what there is.
  private mutating func agree(_ report: WorkReport) {
    let plan = schedule.plan
    let claimed = UInt64(record.claims.count) - record.outcomes.released
    if let limit = plan.limit { expect(claimed <= limit, "claimed \(claimed) of \(limit)") }
    see("\(report.end)".prefix { $0 != "(" }.description)
    switch report.end {
    case .drained:
      let counts = report.counts ?? Counts()
      expect(counts.pending + counts.delayed + counts.processing == 0, "drained: \(counts)")
    case .limit:
      let isReached = record.lost > 0 || plan.limit.map { $0 == claimed } ?? false
      expect(isReached, "claimed \(claimed) of \(plan.limit ?? 0)")
    case .halted: expect(plan.halt != nil, "halted by nobody")
    case .signal(let signal):
      expect(world.sent.contains(signal) && world.isMarkedEnding, "signal \(signal)")
    case .idle: expect(!plan.waits, "idle")
    case .held, .handler, .output, .error: break
    }
  }
}
