import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Who only looks waits for no writer, whatever that is in the middle of, and is not waited for.
  @Suite struct LookTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// The looks, and how each ends while an item is pending.
    private static let looks: [([String], CommandProcess.Exit)] = [
      (["q-stats"], .exited(0)), (["q-stats", "--all", "--json"], .exited(0)),
      (["q-list", "--long"], .exited(0)), (["q-show", "first"], .exited(0)),
      (["q-wait", "--timeout", "10ms", "--quiet"], .exited(124)), (["q-check"], .exited(0)),
      (["q-config"], .exited(0)),
    ]

    private func expectLooks(_ moment: String) {
      for (words, expected) in Self.looks {
        let process = CommandProcess(
          [words[0], "--store", fixture.store] + words.dropFirst(),
          streams: .init(error: fixture.errors))
        let began = ContinuousClock.now
        let exit = process.wait(within: 15)
        let took = ContinuousClock.now - began
        #expect(exit == expected, "\(moment): \(words[0]): \(fixture.said)")
        // Less than a writer's deadline by far, and far more than a look takes.
        #expect(took < .seconds(3), "\(moment): \(words[0]) took \(took)")
      }
    }

    private func isStopped(_ process: CommandProcess) -> Bool {
      let line = fixture.text(of: "/proc/\(process.pid)/stat")
      return line.split(separator: ")").last?.hasPrefix(" T") ?? false
    }

    @Test(arguments: [["q-enqueue"], ["q-pause"], ["q-config", "max-attempts=4"]])
    func `a look does not wait for a writer that is stopped at any place`(
      _ command: [String]
    ) throws {
      try fixture.enqueue(["first"])
      let input = fixture.directory + "/new"
      try "second\nthird\n".write(toFile: input, atomically: false, encoding: .utf8)
      var places = 0
      for place in 1...40 {
        let fault = Fault(how: .stopped, at: place)
        let writer = CommandProcess(
          [command[0], "--store", fixture.store] + command.dropFirst(),
          environment: fault.environment(in: fixture, below: "/store/env.0"),
          streams: .init(input: input, error: fixture.errors))
        #expect(becomesTrue(within: 20) { isStopped(writer) || writer.poll() != nil })
        if writer.poll() != nil { break }
        // Inside mdb_env_open, under the guard, everybody waits who opens.
        if let struck = Fault.struck(in: fixture), !struck.hasPrefix("open") {
          places += 1
          expectLooks("\(command[0]) stopped at \(struck)")
        }
        writer.send(SIGCONT)
        #expect(writer.wait() == .exited(0), "\(fixture.said)")
        try FileManager.default.removeItem(atPath: fixture.directory + "/mark")
      }
      #expect(places >= 3, "\(places) places: pages, their sync and the meta page at least")
      #expect(fixture.findings() == "")
    }

    @Test func `a look does not wait for writers that follow one another`() throws {
      try fixture.enqueue(["first"])
      let input = fixture.directory + "/new"
      try (1...400_000).map { "n\($0 &* 7_919 % 1_000_003)\n" }.joined()
        .write(toFile: input, atomically: false, encoding: .utf8)
      let writers = (1...3).map { _ in
        CommandProcess(
          ["q-enqueue", "--store", fixture.store, "--quiet"],
          streams: .init(input: input, error: fixture.errors))
      }
      // Not q-check, which has everything to read.
      var looks = 0
      while writers.contains(where: { $0.poll() == nil }) {
        let began = ContinuousClock.now
        #expect(try fixture.stats()["total"] ?? 0 >= 1)
        #expect(ContinuousClock.now - began < .seconds(1))
        looks += 1
      }
      #expect(looks >= 3)
      for writer in writers { #expect(writer.wait() == .exited(0), "\(fixture.said)") }
    }
  }
}
