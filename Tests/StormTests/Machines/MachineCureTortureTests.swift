import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// The trials can fail: with a measure left out the ledger shows two live handlers of one item.
  @Suite(.enabled(if: TestNetwork.isPossible && PostgresServer.isThere))
  struct MachineCureTortureTests {
    @Test(arguments: [("lost", "cutFor8"), ("lease", "guardFrozen")])
    func `a trial notices when a measure is left out`(cure: String, trouble: String) throws {
      let output = NSTemporaryDirectory() + "q-machines-cure-\(UUID().uuidString)"
      defer { unlink(output) }
      let runner = CommandProcess(
        [
          CommandProcess.runner, "--testing-library", "swift-testing", "--filter",
          "Storms/MachineTests",
        ],
        environment: [
          "Q_WITHOUT": cure, "Q_TROUBLES": trouble, "Q_ROUNDS": "5", "NO_COLOR": "1",
        ], streams: .init(output: output, error: output))
      let exit = runner.wait(within: 300)
      let said = FileManager.default.contents(atPath: output).map {
        String(decoding: $0, as: UTF8.self)
      }
      #expect(said?.contains("ran twice at once") ?? false, "\(said?.suffix(4_000) ?? "")")
      #expect(exit == .exited(1))
    }
  }
}
