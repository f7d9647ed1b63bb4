import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// A store that a group shares: two users, neither of them root.
  @Suite(.enabled(if: geteuid() == 0, "needs root: other users"))
  struct SharingTests {
    private let fixture: StoreFixture
    private static let group = 65_000

    /// Before a command: it is run by a user of the group.
    private static func user(_ id: Int) -> String {
      "setpriv --reuid \(id) --regid \(id) --groups \(group)"
    }
    private let ann = user(65_001)
    private let bob = user(65_002)

    init() throws {
      fixture = try StoreFixture()
      let made = fixture.says(
        """
        umask 0; chmod 777 . ledger ledger/items
        mkdir store; chgrp \(Self.group) store; chmod 2770 store
        umask 077; \(ann) q-enqueue --quiet < /dev/null
        """)
      try #require(made == "=> 0", "\(made)")
    }

    /// A command that this process finds, not the user: the checkout may lie where only its owner gets.
    private func start(_ user: String, _ command: String, shape: String) -> CommandProcess {
      CommandProcess(
        [
          "/bin/bash", "-c",
          "cd '\(fixture.directory)'; umask 0; PATH='\(CommandProcess.products)':$PATH; "
            + "exec \(user) \(command)",
        ],
        environment: ["Q_STORE": fixture.store, "LEDGER": fixture.ledger, "SHAPE": shape],
        streams: .init(output: fixture.errors, error: fixture.errors))
    }

    @Test func `both enqueue, work, look and change, with any umask`() throws {
      for (first, second) in [(ann, bob), (bob, ann)] {
        let said = fixture.says(
          """
          umask 077
          seq 20 | \(first) q-enqueue --quiet
          \(second) q-work --quiet -j2 --max-attempts 1 -- sh -c \
            'echo "note fine" >> "$Q_CONTROL"; [ "$1" != 7 ]' sh; echo $?
          \(first) q-retry --quiet --all; \(first) q-work --quiet -j2 -- true; echo $?
          \(second) q-stats | sed -n 4p; \(second) q-check --quiet; \(second) q-list done | wc -l
          \(second) q-remove --quiet --all --yes; \(first) q-stats | head -n 1
          """)
        #expect(
          said == """
            1
            0
            done       20
            20
            q-stats: no queue default in DIR/store: it has none yet
            => 66
            """ || said.hasPrefix("1\n0\ndone       20\n20\n"), "\(said)")
      }
      #expect(fixture.workers == 0)
      let modes = fixture.says("find store -type d ! -perm 2770; find store ! -group \(Self.group)")
      #expect(modes == "=> 0", "\(modes)")
    }

    @Test func `a worker that cannot have its files is not registered`() throws {
      _ = fixture.says(
        "rm -rf store/control; mkdir -m 700 store/control; echo a | \(ann) q-enqueue")
      let said = fixture.says("\(bob) q-work -- true")
      #expect(said.contains("control") && said.hasSuffix("=> 77"), "\(said)")
      #expect(fixture.workers == 0)
      #expect(fixture.says("rm -rf store/control; \(bob) q-work --quiet -- true") == "=> 0")
    }

    /// A grandchild that closed what it had inherited, in a group and session of its own: only its
    /// environment tells, and that is for its own user to read.
    @Test(arguments: ["daemon", "python-session"])
    func `what one user's killed worker left is not run beside by another`(shape: String) throws {
      _ = fixture.says("echo x | \(ann) q-enqueue --quiet")
      let handler = fixture.copy(of: StoreFixture.handler("shape.sh"))
      let first = start(bob, "q-work -j1 -- '\(handler)'", shape: shape)
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      first.send(SIGKILL)
      _ = first.wait()
      let other = start(ann, "q-work -j1 -- '\(handler)'", shape: shape)
      #expect(other.wait() == .exited(75), "\(fixture.said)")
      #expect(fixture.runs().count(.start) == 1)
      let own = start(bob, "q-work -j1 -- '\(handler)'", shape: shape)
      #expect(own.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().violations == [] && fixture.runs().count(.end) == 1)
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test func `records that another user cannot read leave the item orphaned`() throws {
      _ = fixture.says("echo x | \(ann) q-enqueue --quiet")
      let handler = fixture.copy(of: StoreFixture.handler("shape.sh"))
      let first = start(bob, "q-work -j1 -- '\(handler)'", shape: "background")
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      _ = fixture.says("chmod 600 store/runs/*")
      first.send(SIGKILL)
      _ = first.wait()
      let other = start(ann, "q-work -j1 -- '\(handler)'", shape: "background")
      #expect(other.wait() == .exited(75), "\(fixture.said)")
      #expect(fixture.runs().count(.start) == 1)
    }
  }
}
