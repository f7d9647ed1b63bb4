import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Somebody removes parts of a store, or all of it, while it is used and while it is not.
  @Suite struct MissingFilesTests {
    private let fixture: StoreFixture

    init() throws {
      fixture = try StoreFixture()
      try fixture.enqueue(["a", "b", "c"])
    }

    @Test(arguments: ["guard", "gate", "writer"])
    func `a lock that is missing is named, with what to do`(file: String) throws {
      for command in ["q-stats", "q-check", "echo d | q-enqueue", "q-work -- true"] {
        let name = command.contains("enqueue") ? "q-enqueue" : String(command.prefix { $0 != " " })
        #expect(
          fixture.says("rm -f store/\(file); \(command)") == """
            \(name): the store is damaged: DIR/store/\(file) is missing: end all commands that use the \
            store, then q-check --repair
            => 65
            """)
      }
      #expect(
        fixture.says("q-check --repair --quiet; q-work --quiet -j2 -- true; q-stats | grep done")
          == "done       3\n=> 0")
      #expect(fixture.findings() == "")
    }

    @Test func `a store without its file current is told from a directory of somebody else's`() {
      #expect(
        fixture.says("rm store/current; q-stats") == """
          q-stats: the store is damaged: DIR/store/current is missing, which names the directory of the \
          data: q-check --repair
          => 65
          """)
      #expect(
        fixture.says("q-check --repair --quiet; q-stats | grep total") == "total      3\n=> 0")
    }

    @Test func `without its file locks a store is looked at, and not worked on`() {
      let said = fixture.says("rm store/locks; q-stats | grep total; q-work -- true")
      #expect(
        said == """
          total      3
          q-work: cannot use DIR/store: open: DIR/store/locks: No such file or directory: end all \
          commands that use the store, then q-check --repair
          => 69
          """)
      #expect(fixture.says("q-check --repair --quiet; q-work --quiet -j2 -- true") == "=> 0")
    }

    @Test(arguments: ["wake", "runs", "control", "env.0/lock.mdb"])
    func `what can be made again is made again`(path: String) {
      let said = fixture.says(
        "rm -rf store/\(path); q-stats | grep total; q-work --quiet -j2 -- true; q-stats | grep done"
      )
      #expect(said == "total      3\ndone       3\n=> 0")
      #expect(fixture.findings() == "" && fixture.workers == 0)
    }

    @Test(arguments: ["lock.mdb", "data.mdb"])
    func `a process whose files of LMDB were replaced writes no more`(file: String) throws {
      // Two writers with different lock files would overwrite each other's commits.
      let worker = try startWorker()
      let path = fixture.store + "/env.0/" + file
      try FileManager.default.copyItem(atPath: path, toPath: path + ".new")
      #expect(rename(path + ".new", path) == 0)
      if file == "lock.mdb" { unlink(path) }
      try fixture.enqueue(["d", "e"])
      #expect(worker.wait(within: 10) == .exited(69), "\(fixture.said)")
      #expect(
        fixture.said.contains("\(file): it was replaced or removed: run this again when"),
        "\(fixture.said)")
      #expect(handlersAreGone)
      fixture.letGo()
      let other = fixture.work(["--workers", "2"], handler: [StoreFixture.handler("gate.sh")])
      #expect(other.wait() == .exited(0), "\(fixture.said)")
      #expect(try fixture.stats()["done"] == 5)
      #expect(fixture.runs().violations == [] && fixture.findings() == "")
    }

    @Test
    func `a worker and a q-enqueue whose store is deleted end at once, and handlers with them`()
      throws
    {
      let worker = try startWorker()
      let line =
        "{ echo x; sleep 0.2; touch \"$LEDGER/read\"; until [ -e \"$LEDGER/gone\" ]; do "
        + "sleep 0.02; done; echo y; sleep 20; } | { q-enqueue; echo $? > \"$LEDGER/status\"; }"
      let enqueuer = CommandProcess(
        ["/bin/bash", "-c", line],
        environment: [
          "LEDGER": fixture.ledger, "Q_STORE": fixture.store,
          "PATH": "\(CommandProcess.products):/usr/bin:/bin",
        ], streams: .init(error: fixture.errors))
      #expect(
        becomesTrue(within: 20) {
          FileManager.default.fileExists(atPath: fixture.ledger + "/read")
        })
      try FileManager.default.removeItem(atPath: fixture.store)
      _ = FileManager.default.createFile(atPath: fixture.ledger + "/gone", contents: nil)
      #expect(worker.wait(within: 10) == .exited(69), "\(fixture.said)")
      #expect(handlersAreGone)
      #expect(
        becomesTrue(within: 10) { fixture.text(of: fixture.ledger + "/status") == "69\n" },
        "\(fixture.text(of: fixture.ledger + "/status")): \(fixture.said)")
      #expect(!FileManager.default.fileExists(atPath: fixture.store), "it was made again")
      enqueuer.send(SIGKILL)
    }

    private func startWorker() throws -> CommandProcess {
      let worker = fixture.work(
        ["--workers", "2", "--follow"], handler: [StoreFixture.handler("gate.sh")])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 2 }, "\(fixture.said)")
      return worker
    }

    private var handlersAreGone: Bool {
      becomesTrue(within: 5) {
        fixture.runs().events.allSatisfy { $0.kind != .start || kill($0.pid, 0) != 0 }
      }
    }
  }
}
