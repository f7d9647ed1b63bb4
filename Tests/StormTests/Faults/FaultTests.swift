import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Every call that writes or syncs fails once, and is once the last thing that a command does.
  @Suite struct FaultTests {
    @Test(arguments: FaultScenario.allCases)
    func `whichever write fails, the command says so and the store is sound`(
      scenario: FaultScenario
    ) throws {
      try campaign(scenario, Fault.How.failures, "faults")
    }

    @Test(arguments: FaultScenario.allCases)
    func `whichever write is a command's last, the store is sound and nothing is lost`(
      scenario: FaultScenario
    ) throws {
      try campaign(scenario, Fault.How.kills, "kills")
    }

    /// How many percent of the places are tried in `make test`: fewer of the many.
    private static let short: [FaultScenario: Int] = [
      .create: 1, .work: 1, .many: 1, .stream: 1, .groups: 1, .batches: 1, .fill: 2,
    ]

    private func campaign(
      _ scenario: FaultScenario, _ manners: [Fault.How], _ what: String
    ) throws {
      var random = SeededRandom()
      let percent = min(Storms.rounds(Self.short[scenario] ?? 4, torture: 100), 100)
      let began = ContinuousClock.now
      let campaign = FaultCampaign(scenario, manners, percent: percent, &random)
      campaign.run()
      print(
        """
        \(what), \(scenario): \(campaign.fired), which is \(percent)% of \
        \(percent < 100 ? "all" : "those at \(campaign.places) places"), seed \(random.seed), \
        in \(ContinuousClock.now - began)
        """)
      #expect(campaign.violations == [])
      #expect(campaign.fired > 0 && campaign.isComplete)
    }
  }
}
