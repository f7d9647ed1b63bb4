import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit

/// One command that meets one fault, and everything that must hold afterwards.
struct FaultRound {
  let scenario: FaultScenario
  let fault: Fault
  /// What went wrong where; nil when the command ended before it came to that.
  private(set) var struck: String?
  /// What must not be, one sentence each.
  private(set) var violations: [String] = []

  init(_ scenario: FaultScenario, _ fault: Fault) {
    self.scenario = scenario
    self.fault = fault
  }

  /// Runs the command on a copy of the store at `prepared`, and looks at what it left.
  mutating func run(from prepared: String) throws {
    let fixture = try StoreFixture()
    if scenario != .create {
      try FileManager.default.copyItem(atPath: prepared, toPath: fixture.store)
      // It tells of processes that had the other one open.
      try FileManager.default.removeItem(atPath: fixture.store + "/env.0/lock.mdb")
      let beside = prepared + FaultScenario.besides
      if FileManager.default.fileExists(atPath: beside) {
        try FileManager.default.copyItem(
          atPath: beside, toPath: fixture.store + FaultScenario.besides)
      }
    }
    let process = try scenario.start(in: fixture, fault.environment(in: fixture))
    let exit = process.wait(within: 75)
    struck = Fault.struck(in: fixture)
    guard let struck else { return }
    let isDone = exit == .exited(0)
    judge(exit, fixture)
    try look(in: fixture, isDone: isDone, "afterwards")
    try repeatIt(in: fixture)
    try drain(fixture, isDone: isDone)
    violations = violations.map { "\(scenario), \(fault.how) \(fault.at), \(struck): \($0)" }
  }

  private mutating func judge(_ exit: CommandProcess.Exit?, _ fixture: StoreFixture) {
    switch exit {
    case nil: violations.append("it hangs: \(fixture.said)")
    case .signalled(SIGKILL)? where fault.how.isKill: break
    case .exited(0)?: break
    case .exited(let status)? where !fault.how.isKill && scenario.statuses.contains(status):
      let line = fixture.said.split(separator: "\n").last ?? ""
      if !line.hasPrefix("q-") || !line.contains(fixture.store) {
        violations.append("\(status) without a word of what failed: \(fixture.said)")
      }
    case let exit?: violations.append("it ended with \(exit): \(fixture.said)")
    }
  }

  private mutating func look(in fixture: StoreFixture, isDone: Bool, _ moment: String) throws {
    guard FileManager.default.fileExists(atPath: fixture.store + "/current") else {
      if isDone { violations.append("\(moment): there is no store") }
      return
    }
    do {
      let store = try LMDBStore(path: fixture.store)
      let audit = try store.audit()
      if audit.count > 0 { violations.append("\(moment): \(audit.findings)") }
      violations += try scenario.halves(in: store, isDone: isDone).map { "\(moment): \($0)" }
    } catch {
      violations.append("\(moment): the store does not open: \(error)")
    }
  }

  /// Without a fault it does what is left, and what is done stays done.
  private mutating func repeatIt(in fixture: StoreFixture) throws {
    let again = try scenario.start(in: fixture, [:]).wait()
    guard case .exited(let status)? = again, scenario.statusesAgain.contains(status) else {
      violations.append("again: \(String(describing: again)): \(fixture.said)")
      return
    }
    try look(in: fixture, isDone: true, "again")
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.store)
      .filter { $0.contains(".new") }
    if !left.isEmpty { violations.append("it leaves \(left)") }
  }

  private mutating func drain(_ fixture: StoreFixture, isDone: Bool) throws {
    if scenario == .pause {
      _ = CommandProcess(["q-resume", "--store", fixture.store]).wait()
    }
    var exit = FaultScenario.work(in: fixture).wait()
    // What a lease holds comes back when it ends.
    while scenario == .claim, exit == .exited(75) {
      usleep(100_000)
      exit = FaultScenario.work(in: fixture).wait()
    }
    if exit != .exited(0) {
      violations.append("draining: \(String(describing: exit)): \(fixture.said)")
    }
    let ledger = fixture.runs()
    violations += ledger.violations
    let store = try LMDBStore(path: fixture.store)
    let counts = try store.summary(of: .default)?.counts ?? Counts()
    var done: Set<String> = []
    for item in try store.items(of: .default, in: .done, after: nil, limit: 1_000).items {
      done.insert(item.id.description)
      let attempts = scenario.attempts(of: item.id.description)
      if !attempts.contains(item.state.tally.attempts) || item.state.tally.crashes > 0 {
        violations.append("\(item.id) was charged with \(item.state.tally)")
      }
      if item.id.description.hasPrefix("m"),
        try store.payload(of: item.id, in: .default)
          != Array(FaultScenario.payload(item.id.description).utf8)
      {
        violations.append("\(item.id) has another payload")
      }
    }
    if done != scenario.done { violations.append("\(done) are done, not \(scenario.done)") }
    if counts.pending + counts.delayed + counts.processing > 0 { violations.append("\(counts)") }
    if fixture.workers > 0 { violations.append("a worker's records are left") }
    // Who says that it did its work has run each item once, and one of them twice.
    let runs = FaultScenario.old.count + (scenario == .work ? 1 : 0)
    let works = [.work, .many, .stream, .groups].contains(scenario)
    if works, isDone, ledger.count(.start) != runs {
      violations.append("\(ledger.count(.start)) runs: \(fixture.said)")
    }
    let audit = try store.audit()
    if audit.count > 0 { violations.append("in the end: \(audit.findings)") }
  }
}
