import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// The storms can fail: each is run once more by a test runner of its own, with one of the cures
  /// left out (`Cure` in QueueCore; debug builds only), and must say what went wrong.
  @Suite struct CureTests {
    struct Case: CustomTestStringConvertible {
      var cure: String
      /// The storm that notices, as the runner filters tests.
      var storm: String
      /// What it says.
      var complaint: String
      var rounds: Int
      var preload: String?

      var testDescription: String { cure }
    }

    @Test(arguments: [
      Case(
        cure: "guard", storm: "OpeningStormTests/.no commit",
        complaint: "disagrees with the data file", rounds: 600, preload: "slow_open.so"),
      Case(
        cure: "order", storm: "KillStormTests/.nothing", complaint: "ran twice at once",
        rounds: 3_000),
      Case(
        cure: "scan", storm: "KillStormTests/.nothing", complaint: "ran twice at once",
        rounds: 3_000),
      Case(
        cure: "token", storm: "KillStormTests/.nothing", complaint: "a stale answer",
        rounds: 3_000),
    ])
    func `a storm notices when a cure is left out`(_ without: Case) throws {
      let (exit, said) = try run(without)
      #expect(said.contains(without.complaint), "\(said.suffix(4_000))")
      #expect(exit == .exited(1), "\(said.suffix(2_000))")
    }

    /// It is the missing guard that makes the slow opening fail, not its slowness.
    @Test func `a slow opening is borne with the guard`() throws {
      let (exit, said) = try run(
        Case(
          cure: "nothing", storm: "OpeningStormTests/.no commit", complaint: "", rounds: 15,
          preload: "slow_open.so"))
      #expect(exit == .exited(0), "\(said.suffix(4_000))")
    }

    private func run(_ without: Case) throws -> (CommandProcess.Exit?, String) {
      let fixture = try StoreFixture()
      let output = fixture.directory + "/output"
      var environment = [
        "Q_WITHOUT": without.cure, "Q_ROUNDS": "\(without.rounds)", "NO_COLOR": "1",
      ]
      if let library = without.preload {
        environment["LD_PRELOAD"] = "\(CommandProcess.products)/\(library)"
      }
      let began = ContinuousClock.now
      let runner = CommandProcess(
        [CommandProcess.runner, "--testing-library", "swift-testing", "--filter", without.storm],
        environment: environment, streams: .init(output: output, error: output))
      let exit = runner.wait(within: 600)
      print("without \(without.cure): ended after \(ContinuousClock.now - began)")
      return (exit, fixture.text(of: output))
    }
  }
}
