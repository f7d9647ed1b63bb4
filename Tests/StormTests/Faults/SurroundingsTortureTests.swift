import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Surroundings that only root can make: other users, mounts, namespaces.
  @Suite struct SurroundingsTortureTests {
    private let fixture: StoreFixture
    /// Before a command: it is run by a user without rights.
    private let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"

    init() throws {
      fixture = try StoreFixture()
      try fixture.enqueue((1...5).map { "n\($0)" })
    }

    @Test func `another user's store is refused with 77`() throws {
      for command in ["q-stats", "q-check", "q-enqueue", "q-work -- true"] {
        let verb = command.prefix { $0 != " " }
        #expect(
          fixture.says("echo a | \(nobody) \(command)") == """
            \(verb): cannot use DIR/store: it belongs to user 0, not to user 65534, and no group of yours \
            shares it: who writes to a store decides which processes are ended; if you trust that user: \
            --trust, or the directory in $Q_TRUST; a store that is made with --mode 2770 is shared by its \
            group
            => 77
            """)
        #expect(
          fixture.says("echo a | \(nobody) \(verb) --trust\(command.dropFirst(verb.count))") == """
            \(verb): cannot read DIR/store/current: Permission denied: reading a store needs write \
            permission too; share it by group
            => 77
            """)
      }
      #expect(
        fixture.says("echo a | \(nobody) q-enqueue -s new")
          == "q-enqueue: cannot create a store: DIR/new: Permission denied\n=> 73")
      #expect(try fixture.stats()["total"] == 5)
    }

    @Test func `a store that its user may not write to is refused with 77, piece by piece`() throws
    {
      #expect(fixture.says("mkdir own; chown -R 65534:65534 own store").hasSuffix("=> 0"))
      for file in ["guard", "gate", "writer", "env.0/data.mdb", "env.0/lock.mdb"] {
        let said = fixture.says(
          "\(nobody) q-stats | tail -1; chmod a-w store/\(file); \(nobody) q-stats")
        #expect(
          said.hasPrefix("total      5\nq-stats: cannot open DIR/store/\(file): Permission denied")
            && said.hasSuffix("=> 77"), "\(said)")
        _ = fixture.says("chmod u+w store/\(file)")
      }
      #expect(
        fixture.says("chmod 555 store; rmdir store/control; \(nobody) q-work -j2 -- true")
          .hasSuffix(
            "control: Permission denied\n=> 77"))
      let work = "\(nobody) q-work --quiet -j2 -- true; \(nobody) q-stats | grep done"
      #expect(fixture.says("chmod 755 store; \(work)") == "done       5\n=> 0")
      #expect(fixture.says("chown -R 0:0 store") == "=> 0" && fixture.findings() == "")
    }

    @Test func `a store on a read-only mount is refused with 69`() throws {
      let mount = "mkdir seen; mount --bind . seen && mount -o remount,ro,bind seen"
      try #require(fixture.says(mount) == "=> 0")
      defer { _ = fixture.says("umount seen") }
      for command in ["q-stats", "q-list", "q-check", "q-enqueue", "q-work -- true"] {
        let verb = command.prefix { $0 != " " }
        #expect(
          fixture.says("export Q_STORE=$PWD/seen/store; echo a | \(command)") == """
            \(verb): cannot open DIR/seen/store/writer: Read-only file system: copy the store elsewhere
            => 69
            """)
      }
      #expect(
        fixture.says("echo a | q-enqueue -s seen/new")
          == "q-enqueue: cannot create a store: DIR/seen/new: Read-only file system\n=> 73")
      #expect(try fixture.stats()["total"] == 5)
    }

    @Test(arguments: [true, false])
    func `a store that is worked on in another PID namespace is refused with 69`(inside: Bool)
      throws
    {
      let other = "unshare -pf --mount-proc --kill-child"
      let worker = CommandProcess(
        [
          "/bin/bash", "-c",
          "exec \(inside ? other : "") '\(CommandProcess.products)/q-work' --follow -j1 -- \"$GATE\"",
        ],
        environment: [
          "Q_STORE": fixture.store, "LEDGER": fixture.ledger,
          "GATE": StoreFixture.handler("gate.sh"),
        ], streams: .init(error: fixture.errors))
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      for command in ["q-stats", "q-enqueue", "q-work --no-wait -- true"] {
        let verb = command.prefix { $0 != " " }
        #expect(
          fixture.says("echo a | \(inside ? "" : other) \(command)") == """
            \(verb): cannot use DIR/store: worker 1 works on it in another PID namespace (a container): \
            run this command there, or end that worker
            => 69
            """)
      }
      worker.send(SIGKILL)
      _ = worker.wait()
      fixture.letGo()
      let after = fixture.work(["--workers", "2"], handler: [StoreFixture.handler("gate.sh")])
      #expect(becomesTrue(within: 20) { after.poll() != nil }, "\(fixture.said)")
      // The worker of that namespace may not be dead yet when the next one looks.
      if after.poll() == .exited(69) {
        #expect(fixture.work(handler: [StoreFixture.handler("gate.sh")]).wait() == .exited(0))
      }
      #expect(try fixture.stats()["done"] == 5)
      #expect(fixture.runs().violations == [] && fixture.findings() == "")
    }

    @Test func `a worker that may start no process says so, and ends when it is told to`() throws {
      #expect(fixture.says("chown -R 65534:65534 store").hasSuffix("=> 0"))
      let said = fixture.says("\(nobody) bash -c 'ulimit -u 1; q-work -j4 -- true'")
      #expect(
        said.contains(": Resource temporarily unavailable") && said.hasSuffix("\n=> 74"), "\(said)")
      // Threads count as processes: with three it has a slot, which cannot start a handler.
      let held = fixture.says(
        "\(nobody) bash -c 'ulimit -u 3; exec timeout -s INT 4 q-work -j4 -- true'")
      #expect(
        held.contains("no more than 1 handlers at once")
          ? held.contains("q-work: cannot start a handler now: ") : held.hasSuffix("=> 74"),
        "\(held)")
      #expect(
        fixture.says("chown -R 0:0 store; q-work --quiet -j2 -- true; q-stats | grep done")
          == "done       5\n=> 0")
      #expect(fixture.findings() == "")
    }
  }
}
