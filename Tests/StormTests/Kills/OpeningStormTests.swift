import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// LMDB's opening loses commits when the first opener is killed while another one waits for it:
  /// the transaction id in the lock file stays 0. Nobody may have the store open for that, which
  /// the kill storm's workers always have.
  @Suite struct OpeningStormTests {
    private static let rounds = Storms.rounds(150, torture: 3_000)

    @Test func `all who make a store at once end with the same one`() throws {
      for _ in 1...15 {
        let fixture = try StoreFixture()
        let all = try (1...6).map { try fixture.startEnqueue(["n\($0)"]) }
        let killed = all[Int.random(in: 0..<6)]
        usleep(.random(in: 0...20_000))
        killed.send(SIGKILL)
        let exits = all.map { $0.wait() }
        let acknowledged = exits.count { $0 == .exited(0) }
        #expect(
          exits.allSatisfy { $0 == .exited(0) || $0 == .signalled(SIGKILL) }, "\(fixture.said)")
        #expect(try fixture.stats()["total"] ?? 0 >= acknowledged && acknowledged >= 5)
        #expect(fixture.findings() == "")
      }
    }

    @Test func `no commit is lost when processes are killed while they open a store`() throws {
      let fixture = try StoreFixture()
      var random = SeededRandom()
      var enqueuers = 0
      var wrong: [String] = []
      var acknowledged = 0
      try fixture.enqueue(["first"])
      acknowledged += 1
      print("opening storm: seed \(random.seed), \(Self.rounds) rounds")
      let began = ContinuousClock.now
      let opened = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      defer { close(opened) }
      #expect(inotify_add_watch(opened, fixture.store + "/env.0", UInt32(IN_OPEN)) >= 0)
      var events = [UInt8](repeating: 0, count: 65_536)

      for _ in 1...Self.rounds where wrong.isEmpty {
        while read(opened, &events, events.count) > 0 {}
        let all = try (0..<4).map { _ in
          enqueuers += 1
          return try fixture.startEnqueue(["n\(enqueuers)"])
        }
        // From the moment on at which one of them opens LMDB's files.
        var wait = pollfd(fd: opened, events: Int16(POLLIN), revents: 0)
        poll(&wait, 1, 10_000)
        let victims = all.shuffled(using: &random).prefix(random.number(1...3))
        usleep(UInt32(random.number(0...([700, 700, 60_000].randomElement(using: &random) ?? 0))))
        for victim in victims { victim.send(SIGKILL) }
        for process in all {
          switch process.wait() {
          case .exited(0): acknowledged += 1
          case .signalled(SIGKILL): break
          case let exit: wrong.append("q-enqueue: \(String(describing: exit))")
          }
        }
        let total = try fixture.stats()["total"] ?? 0
        if total < acknowledged { wrong.append("\(acknowledged) acknowledged, \(total) there") }
      }
      #expect(wrong == [], "\(fixture.said.suffix(2_000))")
      #expect(fixture.findings() == "")
      print("opening storm: \(acknowledged) acknowledged in \(ContinuousClock.now - began)")
    }
  }
}
