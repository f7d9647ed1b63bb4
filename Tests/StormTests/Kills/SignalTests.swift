import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// What q-work does when it is told to end, and when nobody takes its output.
  @Suite struct SignalTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func begin(items: Int, environment: [String: String] = [:]) throws -> CommandProcess {
      try fixture.enqueue((1...items).map { "n\($0)" })
      let worker = fixture.work(
        ["--workers", "2"], handler: [StoreFixture.handler("gate.sh")], environment: environment)
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 2 }, "\(fixture.said)")
      return worker
    }

    /// Sends it and waits until the worker has acted: two of a kind that wait are one, as are two
    /// within a tenth of a second.
    private func send(_ signal: Int32, to worker: CommandProcess, until words: String) {
      worker.send(signal)
      usleep(150_000)
      #expect(becomesTrue(within: 10) { fixture.said.contains(words) }, "\(fixture.said)")
    }

    private func expectAllBack(_ items: Int) throws {
      let counts = try fixture.stats()
      #expect(counts["pending"] == items && counts["processing"] == 0, "\(counts)")
      let pending = try fixture.items(.pending)
      #expect(pending.allSatisfy { $0.state.tally == Tally() }, "an item was charged")
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `the first signal lets handlers end, and takes no more`(signal: Int32) throws {
      let worker = try begin(items: 5)
      send(signal, to: worker, until: "waiting for 2 handlers")
      #expect(worker.poll() == nil)
      fixture.letGo()
      #expect(worker.wait() == .signalled(signal), "\(fixture.said)")
      #expect(fixture.runs().count(.start) == 2 && fixture.runs().count(.end) == 2)
      let counts = try fixture.stats()
      #expect(counts["done"] == 2 && counts["pending"] == 3 && counts["processing"] == 0)
      #expect(fixture.workers == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `the second signal ends handlers, and their items go back uncharged`(signal: Int32) throws
    {
      let worker = try begin(items: 3)
      send(signal, to: worker, until: "waiting for 2 handlers")
      send(signal, to: worker, until: "ending 2 handlers")
      #expect(worker.wait() == .signalled(signal), "\(fixture.said)")
      #expect(fixture.runs().count(.end) == 0)
      try expectAllBack(3)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `the third signal kills handlers that do not end`(signal: Int32) throws {
      let worker = try begin(items: 3, environment: ["STUBBORN": "1"])
      send(signal, to: worker, until: "waiting for 2 handlers")
      send(signal, to: worker, until: "ending 2 handlers")
      send(signal, to: worker, until: "killing 2 handlers")
      #expect(worker.wait() == .signalled(signal), "\(fixture.said)")
      #expect(fixture.runs().count(.end) == 0)
      try expectAllBack(3)
    }

    @Test func `handlers at once are added and taken away while it runs`() throws {
      let worker = try begin(items: 6)
      send(SIGUSR1, to: worker, until: "3 handlers at once")
      #expect(becomesTrue(within: 10) { fixture.runs().count(.start) == 3 }, "\(fixture.said)")
      for words in ["2 handlers at once", "1 handler at once"] {
        send(SIGUSR2, to: worker, until: words)
      }
      // There is always one.
      worker.send(SIGUSR2)
      fixture.letGo()
      #expect(worker.wait() == .exited(0), "\(fixture.said)")
      #expect(try fixture.stats()["done"] == 6)
      #expect(!fixture.said.contains("0 handlers"), "\(fixture.said)")
    }

    @Test func `a worker that is stopped keeps what it holds, and nothing runs twice`() throws {
      let stopped = try begin(items: 5)
      stopped.send(SIGSTOP)
      fixture.letGo()
      #expect(becomesTrue(within: 10) { fixture.runs().count(.end) == 2 })
      let other = fixture.work(["--no-wait"], handler: [StoreFixture.handler("gate.sh")])
      #expect(other.wait() == .exited(0), "\(fixture.said)")
      let counts = try fixture.stats()
      #expect(counts["done"] == 3 && counts["processing"] == 2, "\(counts)")
      stopped.send(SIGCONT)
      #expect(stopped.wait() == .exited(0), "\(fixture.said)")
      #expect(try fixture.stats()["done"] == 5 && fixture.runs().count(.start) == 5)
      #expect(try fixture.items(.done).allSatisfy { $0.state.tally.attempts == 1 })
    }

    @Test func `a time slice ends with a drain, and the next one goes on`() throws {
      try fixture.enqueue((1...6).map { "n\($0)" })
      // timeout signals its child and then its whole group: that is one signal, not two.
      let slice = [
        "/usr/bin/timeout", "-s", "TERM", "1", CommandProcess.products + "/q-work", "--store",
        fixture.store, "--workers", "2", StoreFixture.handler("gate.sh"),
      ]
      for done in [2, 6] {
        let worker = CommandProcess(
          slice, environment: ["LEDGER": fixture.ledger],
          streams: .init(output: "/dev/null", error: fixture.errors))
        #expect(
          becomesTrue(within: 20) { fixture.said.contains("waiting for 2 handlers") },
          "\(fixture.said)")
        fixture.letGo()
        #expect(worker.wait() == .exited(done == 2 ? 124 : 0), "\(fixture.said)")
        #expect(try fixture.stats()["done"] == done)
      }
      #expect(!fixture.said.contains("ending 2"), "\(fixture.said)")
      #expect(try fixture.items(.done).allSatisfy { $0.state.tally.attempts == 1 })
    }

    @Test func `a shell sees 143 after a drain`() throws {
      try fixture.enqueue(["a"])
      let script = """
        "$@" 2> "$ERRORS" & echo $! > "$LEDGER/pid"; wait $!; echo $? > "$LEDGER/status"
        """
      let shell = CommandProcess(
        [
          "/bin/sh", "-c", script, "sh", CommandProcess.products + "/q-work", "--store",
          fixture.store, StoreFixture.handler("gate.sh"),
        ], environment: ["LEDGER": fixture.ledger, "ERRORS": fixture.errors])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      let pid = try #require(pid_t(line(fixture.ledger + "/pid")))
      kill(pid, SIGTERM)
      #expect(becomesTrue(within: 10) { fixture.said.contains("waiting for") })
      fixture.letGo()
      #expect(shell.wait() == .exited(0))
      #expect(line(fixture.ledger + "/status") == "143")
    }

    @Test func `a reader that goes away ends the run with 141 and no item is charged`() throws {
      let ids = (1...200).map { "n\($0)" }
      try fixture.enqueue(ids)
      let script = """
        { "$@" 2> "$ERRORS"; echo $? > "$LEDGER/status"; } | head -n 1 > "$LEDGER/output"
        """
      let shell = CommandProcess(
        [
          "/bin/sh", "-c", script, "sh", CommandProcess.products + "/q-work", "--store",
          fixture.store, "--workers", "3", "echo", "item",
        ], environment: ["LEDGER": fixture.ledger, "ERRORS": fixture.errors])
      #expect(shell.wait() == .exited(0))
      #expect(line(fixture.ledger + "/status") == "141", "\(fixture.said)")
      #expect(line(fixture.ledger + "/output").hasPrefix("item n"))
      let counts = try fixture.stats()
      #expect(counts["processing"] == 0 && counts["failed"] == 0 && counts["delayed"] == 0)
      #expect((counts["done"] ?? 0) + (counts["pending"] ?? 0) == ids.count, "\(counts)")
      #expect((counts["pending"] ?? 0) > 0)
      #expect(try fixture.items(.pending).allSatisfy { $0.state.tally == Tally() })
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test func `an output that takes nothing ends the run with 74 and no item is charged`() throws {
      try fixture.enqueue((1...50).map { "n\($0)" })
      let worker = fixture.work(
        ["--workers", "3"], handler: ["/bin/echo"], output: "/dev/full")
      #expect(worker.wait() == .exited(74), "\(fixture.said)")
      try expectAllBack(50)
    }

    private func line(_ path: String) -> String {
      fixture.text(of: path).split(separator: "\n").first.map(String.init) ?? ""
    }
  }
}
