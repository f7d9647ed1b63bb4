import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// Items that are taken from their workers by `q-remove --force`, their ids enqueued again at once:
  /// never two live handlers of one id, whatever became of its item.
  @Suite struct RevokedRunTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func run(_ command: [String], input: String = "/dev/null") -> CommandProcess.Exit? {
      CommandProcess(
        [command[0], "--store", fixture.store] + command.dropFirst(),
        streams: .init(input: input, error: fixture.errors)
      ).wait(within: 60)
    }

    /// Takes the item from whoever has it, and enqueues its id again, before anything else.
    private func renew(_ id: String) throws {
      let input = fixture.directory + "/again"
      try (id + "\n").write(toFile: input, atomically: false, encoding: .utf8)
      #expect(run(["q-remove", "--quiet", "--force", id]) == .exited(0), "\(fixture.said)")
      #expect(
        run(["q-enqueue", "--quiet", "--priority", "0"], input: input) == .exited(0),
        "\(fixture.said)")
    }

    @Test(arguments: [1, 3])
    func `busy workers end the run of a removed item before its id runs again`(
      workers: Int
    ) throws {
      try fixture.enqueue((1...4_000).map { "n\($0)" })
      let slow = fixture.directory + "/slow"
      try "slow\n".write(toFile: slow, atomically: false, encoding: .utf8)
      #expect(run(["q-enqueue", "--quiet", "--priority", "1"], input: slow) == .exited(0))
      // The others are over at once, so that their worker is never idle.
      let handler = [
        "/bin/sh", "-c", "[ \"$1\" != slow ] || exec \"$0\" slow",
        StoreFixture.handler("gate.sh"), "{}",
      ]
      let running = (1...workers).map { _ in fixture.work(["--workers", "2"], handler: handler) }
      for round in 1...3 {
        #expect(
          becomesTrue(within: 20) { fixture.runs().count(.start) == round }, "\(fixture.said)")
        try renew("slow")
      }
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 4 }, "\(fixture.said)")
      fixture.letGo()
      for worker in running { #expect(worker.wait(within: 60) == .exited(0), "\(fixture.said)") }
      #expect(fixture.runs().violations == [])
      #expect(fixture.runs().count(.start) == 4 && fixture.runs().count(.end) == 1)
      #expect(try fixture.stats()["done"] == 4_001)
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test(arguments: ["exec", "background", "session", "daemon"])
    func
      `what a killed worker left of a removed item is ended, by q-remove or before it runs again`(
        shape: String
      ) throws
    {
      try fixture.enqueue(["x"])
      let handler = [StoreFixture.handler("shape.sh")]
      let first = fixture.work(handler: handler, environment: ["SHAPE": shape])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      first.send(SIGKILL)
      _ = first.wait()
      try renew("x")
      #expect(RunningHandlers.of(fixture.ledger).isEmpty, "q-remove leaves it alive")
      let second = fixture.work(handler: handler, environment: ["SHAPE": shape])
      #expect(second.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().violations == [])
      #expect(fixture.runs().count(.start) == 2 && fixture.runs().count(.end) == 1)
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test func `a queue goes with what runs for it, and its name comes back clean`() throws {
      try fixture.enqueue(["a", "b"])
      let worker = fixture.work(
        ["--workers", "2"], handler: [StoreFixture.handler("gate.sh")])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 2 }, "\(fixture.said)")
      #expect(
        run(["q-remove", "--quiet", "--all", "--yes", "--force"]) == .exited(0), "\(fixture.said)")
      #expect(RunningHandlers.of(fixture.ledger).isEmpty)
      #expect(worker.wait() == .exited(0), "\(fixture.said)")
      try fixture.enqueue(["a"])
      fixture.letGo()
      #expect(fixture.work(handler: [StoreFixture.handler("gate.sh")]).wait() == .exited(0))
      #expect(fixture.runs().violations == [] && fixture.runs().count(.end) == 1)
    }
  }
}
