import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// The wall clock is set while a worker waits.
  @Suite struct ClockTests {
    private let fixture: StoreFixture
    private var clock: String { fixture.directory + "/clock" }

    init() throws { fixture = try StoreFixture() }

    private func work(_ options: [String]) -> CommandProcess {
      fixture.work(
        ["--workers", "1"] + options,
        handler: [CommandProcess.products + "/ledger-handler", fixture.ledger],
        environment: [
          "LD_PRELOAD": CommandProcess.products + "/clock.so", "CLOCK_FILE": clock,
        ])
    }

    private func set(_ seconds: Int) throws {
      try "\(seconds)".write(toFile: clock, atomically: true, encoding: .utf8)
    }

    @Test func `what is due by a clock that jumps forward is run`() throws {
      #expect(fixture.says("echo a | q-enqueue --quiet --delay 1h").hasSuffix("=> 0"))
      let worker = work(["--follow"])
      #expect(becomesTrue(within: 20) { fixture.workers == 1 }, "\(fixture.said)")
      #expect(fixture.runs().events.isEmpty)
      try set(7_200)
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["a"] }, "\(fixture.said)")
      worker.send(SIGTERM)
      #expect(worker.wait() == .signalled(SIGTERM))
      #expect(fixture.findings() == "")
    }

    @Test func `a lease is over by a clock that jumps forward, and not by one that jumps back`()
      throws
    {
      try fixture.enqueue(["a"])
      #expect(fixture.says("q-claim --quiet --lease 1h > claim").hasSuffix("=> 0"))
      try set(-86_400)
      let worker = work(["--follow"])
      #expect(becomesTrue(within: 20) { fixture.workers == 1 }, "\(fixture.said)")
      try fixture.enqueue(["b"])
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["b"] }, "\(fixture.said)")
      try set(7_200)
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["b", "a"] }, "\(fixture.said)")
      worker.send(SIGTERM)
      #expect(worker.wait() == .signalled(SIGTERM))
      #expect(fixture.says("q-settle --quiet done < claim").hasSuffix("=> 76"))
      #expect(fixture.findings() == "")
    }

    @Test func `a pause is over by a clock that jumps forward`() throws {
      try fixture.enqueue(["a"])
      #expect(fixture.says("q-pause --quiet --for 1h").hasSuffix("=> 0"))
      let worker = work([])
      #expect(becomesTrue(within: 20) { fixture.workers == 1 }, "\(fixture.said)")
      try set(7_200)
      #expect(worker.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().ended == ["a"])
    }

    @Test func `a clock that jumps back loses nothing, and no worker spins`() throws {
      #expect(fixture.says("echo late | q-enqueue --quiet --delay 1s").hasSuffix("=> 0"))
      try set(-86_400)
      let worker = work(["--follow"])
      #expect(becomesTrue(within: 20) { fixture.workers == 1 }, "\(fixture.said)")
      try fixture.enqueue(["now"])
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["now"] }, "\(fixture.said)")
      let before = processorTime(worker)
      usleep(2_000_000)
      #expect(processorTime(worker) - before < 0.3, "it spins")
      #expect(fixture.runs().ended == ["now"])
      try set(0)
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["now", "late"] })
      worker.send(SIGTERM)
      #expect(worker.wait() == .signalled(SIGTERM))
      #expect(fixture.findings() == "")
    }

    /// Seconds of user and system time.
    private func processorTime(_ process: CommandProcess) -> Double {
      let line = fixture.text(of: "/proc/\(process.pid)/stat")
      let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12 else { return 0 }
      return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0))
        / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }
}
