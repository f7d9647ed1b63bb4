import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// What a killed handler had started and its worker may not end: a program of root's.
  @Suite struct RemainsTortureTests {
    private let fixture: StoreFixture
    private let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    /// The first run starts something of root's, and runs past its time.
    private let handler = #"""
      if mkdir first 2> /dev/null; then
        ./root --reuid 0 --regid 0 --clear-groups sh -c 'while [ ! -e go ]; do sleep 0.05; done' &
        echo $! > pid; sleep 600
      fi
      ! kill -0 $(cat pid) 2> /dev/null && echo alone
      """#

    init() throws {
      fixture = try StoreFixture()
      let made = fixture.says(
        """
        chmod 777 . && cp "$(command -v setpriv)" root && chmod u+s root && cat > handler.sh <<'END'
        \(handler)
        END
        chmod 755 handler.sh; echo a | \(nobody) q-enqueue --quiet
        """)
      try #require(made == "=> 0")
    }

    private var processing: String { fixture.says("\(nobody) q-stats | sed -n 3p") }

    private func start() -> CommandProcess {
      CommandProcess(
        [
          "/bin/bash", "-c",
          """
          cd '\(fixture.directory)'; exec \(nobody) '\(CommandProcess.products)/q-work' -j1 \
          --timeout 200ms --kill-after 100ms --backoff 1ms..1ms -- sh ./handler.sh
          """,
        ],
        environment: ["Q_STORE": fixture.store],
        streams: .init(output: fixture.errors, error: fixture.errors))
    }

    @Test func `its item waits for it, and never runs beside it`() throws {
      let worker = start()
      #expect(becomesTrue(within: 20) { fixture.said.contains("its item waits for that") })
      #expect(processing == "processing 1\n=> 0")
      _ = fixture.says("touch go")
      #expect(worker.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.said.contains("alone"), "\(fixture.said)")
      #expect(fixture.says("\(nobody) q-check --quiet") == "=> 0")
    }

    @Test func `a worker that is told to end leaves the claim to who sees it end`() throws {
      let worker = start()
      #expect(becomesTrue(within: 20) { fixture.said.contains("its item waits for that") })
      for words in ["waiting for 1 handlers", "ending 1 handlers"] {
        worker.send(SIGTERM)
        usleep(150_000)
        #expect(becomesTrue(within: 10) { fixture.said.contains(words) }, "\(fixture.said)")
      }
      #expect(worker.wait() == .signalled(SIGTERM), "\(fixture.said)")
      #expect(processing == "processing 1\n=> 0")
      let held = start()
      #expect(held.wait() == .exited(75), "\(fixture.said)")
      _ = fixture.says("touch go; until ! kill -0 $(cat pid); do sleep 0.05; done 2> /dev/null")
      #expect(start().wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.said.contains("alone"), "\(fixture.said)")
      #expect(fixture.says("\(nobody) q-check --quiet") == "=> 0")
    }
  }
}
