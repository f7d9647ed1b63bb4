import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Readers, too many and too long.
  @Suite struct ReaderTests {
    @Test
    func `who finds no place for a reader is told to try again, and nobody else is disturbed`()
      throws
    {
      let fixture = try StoreFixture()
      try fixture.enqueue(["a", "b"])
      let worker = fixture.work(
        ["--workers", "2", "--follow"],
        handler: [CommandProcess.products + "/ledger-handler", fixture.ledger])
      #expect(becomesTrue(within: 20) { fixture.runs().ended.count == 2 }, "\(fixture.said)")
      var reader: PinnedReader? = try PinnedReader(fixture.store)
      #expect(try reader?.takeAllPlaces() ?? 0 > 2_000)
      for command in [
        "q-stats", "q-list", "echo c | q-enqueue --quiet", "q-work --no-wait -- true",
      ] {
        let said = fixture.says(command)
        #expect(said.contains(": DIR/store: ") && said.hasSuffix("=> 75"), "\(said)")
      }
      withExtendedLifetime(reader) {}
      reader = nil
      try fixture.enqueue(["d"])
      #expect(
        becomesTrue(within: 20) { fixture.runs().ended == ["a", "b", "d"] }, "\(fixture.said)")
      worker.send(SIGTERM)
      #expect(worker.wait() == .signalled(SIGTERM), "\(fixture.said)")
      #expect(fixture.findings() == "")
    }

    @Test func `a listing that nobody reads pins no pages`() throws {
      let fixture = try StoreFixture()
      try fixture.enqueue((1...20_000).map { "an-id-that-is-long-enough-to-fill-a-pipe-\($0)" })
      let line = "mkfifo pipe; exec 9<>pipe; q-list > pipe & echo $! > list; wait"
      let shell = CommandProcess(
        ["/bin/bash", "-c", "cd '\(fixture.directory)'; \(line)"],
        environment: [
          "Q_STORE": fixture.store, "PATH": "\(CommandProcess.products):/usr/bin:/bin",
        ])
      defer {
        if let pid = pid_t(fixture.text(of: fixture.directory + "/list").dropLast()) {
          kill(pid, SIGKILL)
        }
        _ = shell.wait()
      }
      #expect(becomesTrue(within: 20) { fixture.text(of: fixture.directory + "/list") != "" })
      // It has filled the pipe, and stops there.
      let pid = try #require(pid_t(fixture.text(of: fixture.directory + "/list").dropLast()))
      #expect(becomesTrue(within: 20) { fixture.text(of: "/proc/\(pid)/wchan").contains("pipe") })
      let size = try write(60, to: fixture)
      let room = 256 << 10
      #expect(try write(60, to: fixture) <= size + room, "the file grows with every commit")
      // What pins pages is seen by that measure.
      let reader = try PinnedReader(fixture.store)
      #expect(try write(60, to: fixture) > size + room)
      withExtendedLifetime(reader) {}
    }

    /// So many commits, and how large the file is then.
    private func write(_ count: Int, to fixture: StoreFixture) throws -> Int {
      let said = fixture.says(
        "for i in $(seq \(count)); do q-config max-attempts=$((i % 9 + 1)); done; "
          + "stat -c %s store/env.0/data.mdb", within: 120)
      return try #require(Int(said.prefix { $0.isNumber }), "\(said)")
    }
  }
}
