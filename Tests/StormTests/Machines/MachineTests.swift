import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Several machines on one store, and what happens to them: no item ever has two live handlers, all are done in
  /// the end, and what is done does not run again. Root, for the network.
  @Suite(.enabled(if: TestNetwork.isPossible && PostgresServer.isThere)) struct MachineTests {
    @Test func `nothing runs twice at once, and all is done, whatever happens to a machine`() throws
    {
      var random = SeededRandom()
      let troubles = Self.troubles
      print("machines: seed \(random.seed), \(troubles.count) trials")
      let room = try MachineRoom([.plain, .ownProcesses, .otherClock])
      for trouble in troubles {
        let trial = MachineTrial(room, trouble)
        let violations = try trial.run(&random)
        print(trial.summary)
        #expect(violations == [], "\(trouble): seed \(random.seed)")
      }
    }

    /// `Q_TROUBLES` names others, and `Q_ROUNDS` says how often.
    private static var troubles: [MachineTrouble] {
      let given = ProcessInfo.processInfo.environment["Q_TROUBLES"]
      let names = given?.split(separator: ",").compactMap { MachineTrouble(rawValue: String($0)) }
      let isLong = ProcessInfo.processInfo.environment["Q_TORTURE"] != nil
      let each = names ?? (isLong ? MachineTrouble.allCases : MachineTrouble.few)
      return (0..<Storms.rounds(1, torture: 3)).flatMap { _ in each }
    }
  }
}
