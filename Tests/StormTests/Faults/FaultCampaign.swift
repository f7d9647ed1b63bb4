import QueueTestKit
import Foundation
import Synchronization

/// One scenario with a fault at every place, or at a sample of them, several rounds at once: they
/// mostly wait for processes, and for q-work, which tries again after a second.
final class FaultCampaign: Sendable {
  private struct State {
    /// What is to be tried, the last first.
    var waiting: [Fault]
    /// The least place at which nothing was there to go wrong, by manner.
    var ends: [Fault.How: Int] = [:]
    var fired = 0
    var violations: [String] = []
  }

  private var lanes: Int { scenario == .work || scenario.isPlainWork ? 6 : 2 }
  /// More calls than any command here makes.
  private static let last = 400

  private let scenario: FaultScenario
  private let state: Mutex<State>

  /// Of the places `percent` are tried, and one that every command comes to.
  init(
    _ scenario: FaultScenario, _ manners: [Fault.How], percent: Int, _ random: inout SeededRandom
  ) {
    self.scenario = scenario
    var waiting: [Fault] = []
    for place in 1...Self.last {
      for manner in manners where random.happens(percent) || (place == 3 && manner == manners[0]) {
        waiting.append(Fault(how: manner, at: place))
      }
    }
    state = Mutex(State(waiting: waiting.reversed()))
  }

  /// What must not be, one sentence each.
  var violations: [String] { state.withLock { $0.violations } }
  /// How many faults there were.
  var fired: Int { state.withLock { $0.fired } }
  /// How many calls the command makes that can go wrong, about.
  var places: Int { state.withLock { ($0.ends.values.max() ?? Self.last + 1) - 1 } }
  /// Whether it went on until there were no more.
  var isComplete: Bool { state.withLock { !$0.ends.isEmpty } }

  /// Tries everything; ten violations are enough.
  func run() {
    let group = DispatchGroup()
    for _ in 1...lanes {
      group.enter()
      Thread { [self] in
        drive()
        group.leave()
      }.start()
    }
    group.wait()
  }

  /// Each lane has a store of its own to copy: copies have the same tokens, by which a worker that
  /// recovers a dead one's runs would take another round's for them.
  private func drive() {
    do {
      let prepared = try StoreFixture()
      try scenario.prepare(prepared)
      while let fault = next() { play(fault, prepared.store) }
    } catch {
      state.withLock { $0.violations.append("cannot prepare \(scenario): \(error)") }
    }
  }

  private func next() -> Fault? {
    state.withLock { state in
      guard state.violations.count < 10 else { return nil }
      while let fault = state.waiting.popLast() {
        if fault.at < state.ends[fault.how] ?? .max { return fault }
      }
      return nil
    }
  }

  private func play(_ fault: Fault, _ prepared: String) {
    var round = FaultRound(scenario, fault)
    var found: [String] = []
    do { try round.run(from: prepared) } catch { found.append("\(scenario), \(fault): \(error)") }
    found += round.violations
    let hasFired = round.struck != nil
    state.withLock { state in
      state.violations += found
      if hasFired {
        state.fired += 1
      } else {
        state.ends[fault.how] = min(state.ends[fault.how] ?? .max, fault.at)
      }
    }
  }
}
