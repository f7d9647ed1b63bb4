import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// A worker is killed while a handler runs: its item runs again, soon, and never too soon.
  @Suite struct RecoveryTests {
    /// The handler's shapes; see `fixtures/handlers/shape.sh`. CI has python3; elsewhere its
    /// shapes are left out where it is missing.
    private static let shapes: [String] = {
      let plain = ["exec", "child", "background", "session", "daemon"]
      let hasPython =
        ProcessInfo.processInfo.environment["CI"] != nil
        || (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
          access($0 + "/python3", X_OK) == 0
        }
      return plain + (hasPython ? ["python", "python-session"] : [])
    }()

    enum Other: String, CaseIterable {
      case alreadyIdle = "is idle already"
      case startedLater = "is started afterwards"
    }

    @Test(arguments: shapes, Other.allCases)
    func `a killed worker's item runs again when nothing of its first run lives`(
      shape: String, other: Other
    ) throws {
      let fixture = try StoreFixture()
      try fixture.enqueue(["x"])
      let handler = [StoreFixture.handler("shape.sh")]
      let first = fixture.work(
        ["--workers", "1"], handler: handler, environment: ["SHAPE": shape])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")
      var second: CommandProcess?
      let start = {
        fixture.work(["--workers", "1"], handler: handler, environment: ["SHAPE": shape])
      }
      if other == .alreadyIdle {
        second = start()
        #expect(becomesTrue(within: 20) { fixture.workers == 2 })
      }
      let killed = ContinuousClock.now
      first.send(SIGKILL)
      if second == nil { second = start() }
      #expect(
        becomesTrue(within: 10) { fixture.runs().events.count > 1 },
        "not within 10 s: \(fixture.said)")
      print("recovery: \(shape), the other \(other.rawValue): \(ContinuousClock.now - killed)")
      #expect(second?.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().violations == [])
      #expect(fixture.runs().count(.start) == 2 && fixture.runs().count(.end) == 1)
      let item = try fixture.item("x")
      #expect(item.state.status == .done)
      #expect(item.state.tally.losses == 1 && item.state.tally.attempts == 1)
      #expect(fixture.findings() == "")
    }

    @Test func `an item that kills its worker each time fails as poison`() throws {
      let fixture = try StoreFixture()
      try fixture.enqueue(["x", "y1"])
      let work = {
        fixture.work(
          ["--workers", "1", "--max-losses", "2"],
          handler: [
            "/bin/sh", "-c", "case $2 in x) exec \"$0\" x ;; esac",
            StoreFixture.handler("shape.sh"),
            "-", "{}",
          ], environment: ["SHAPE": "killer"])
      }
      #expect(work().wait() == .signalled(SIGKILL))
      #expect(work().wait() == .signalled(SIGKILL))
      let last = work().wait()
      #expect(last == .exited(0) || last == .exited(1), "\(fixture.said)")
      #expect(fixture.runs().count(.start) == 2)
      guard case .failed(let ending) = try fixture.item("x").state else {
        Issue.record("x has not failed: \(try fixture.item("x").state)")
        return
      }
      #expect(ending.reason == .poison && ending.tally.losses == 2 && ending.tally.attempts == 0)
      #expect(try fixture.item("y1").state.status == .done)
    }

    @Test func `of two workers one is killed and the other does everything`() throws {
      let fixture = try StoreFixture()
      let ids = (1...300).map { "n\($0)" }
      try fixture.enqueue(ids)
      let handler = [CommandProcess.products + "/ledger-handler", fixture.ledger]
      let one = fixture.work(["--workers", "2"], handler: handler)
      let two = fixture.work(["--workers", "2"], handler: handler)
      #expect(becomesTrue(within: 20) { fixture.runs().ended.count > 40 })
      one.send(SIGKILL)
      #expect(two.wait(within: 60) == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().violations == [])
      #expect(fixture.runs().ended == Set(ids))
      #expect(try fixture.stats()["done"] == ids.count)
      #expect(fixture.workers == 0)
    }

    @Test func `a worker that is killed while idle leaves nothing behind`() throws {
      let fixture = try StoreFixture()
      let handler = [CommandProcess.products + "/ledger-handler", fixture.ledger]
      let idle = fixture.work(["--workers", "2", "--follow"], handler: handler)
      #expect(becomesTrue(within: 20) { fixture.workers == 1 })
      try fixture.enqueue(["a"])
      #expect(becomesTrue(within: 20) { (try? fixture.stats()["done"]) == 1 })
      idle.send(SIGKILL)
      #expect(idle.wait() == .signalled(SIGKILL))
      try fixture.enqueue(["b"])
      // As if another worker had been killed right after it had recovered number 7.
      _ = FileManager.default.createFile(atPath: fixture.store + "/runs/7", contents: nil)
      #expect(fixture.work(handler: handler).wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().ended == ["a", "b"] && fixture.workers == 0)
      #expect(fixture.runs().violations == [])
      #expect(fixture.findings() == "")
    }
  }
}
