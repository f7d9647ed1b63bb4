import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// A real file system that is full again and again while the queue is used. Root, for the mount.
  @Suite struct FullDiskTortureTests {
    private static let outages = Storms.rounds(3, torture: 40)
    private let fixture: StoreFixture
    private let disk: Ext4Disk

    init() throws {
      fixture = try StoreFixture(storeAt: "disk/store")
      disk = try Ext4Disk(at: fixture.directory + "/disk", megabytes: 96)
    }

    private struct Enqueuer {
      var process: CommandProcess
      var batch: Int
    }

    @Test func `nothing acknowledged is lost, and work goes on when there is room`() throws {
      var random = SeededRandom()
      print("full disk: seed \(random.seed), \(Self.outages) outages")
      let began = ContinuousClock.now
      try fixture.enqueue(["first"])
      var batches: [Bool] = []
      var enqueuers: [Enqueuer] = []
      var (refused, looks) = (0, 0)
      var worker = work(["--follow"])
      var ends: [String] = []

      // `more`: with batches that were not tried yet.
      func turn(more: Bool = true) throws {
        enqueuers = enqueuers.filter { each in
          guard let exit = each.process.poll() else { return true }
          if exit == .exited(0) { batches[each.batch] = true } else { refused += 1 }
          if exit != .exited(0) && exit != .exited(74) { ends.append("q-enqueue: \(exit)") }
          return false
        }
        while enqueuers.count < 2 {
          let busy = Set(enqueuers.map(\.batch))
          let batch =
            batches.indices.first { !batches[$0] && !busy.contains($0) } ?? batches.count
          if batch == batches.count {
            // No more than can be worked through afterwards.
            guard more && batches.count < 10 * Self.outages else { break }
            batches.append(false)
          }
          enqueuers.append(Enqueuer(process: try enqueue(batch), batch: batch))
        }
        if let exit = worker.poll() {
          ends.append("q-work: \(exit)")
          worker = work(["--follow"])
        }
        usleep(5_000)
      }

      func pass(_ microseconds: Int) throws {
        let end = ContinuousClock.now + .microseconds(microseconds)
        while .now < end { try turn() }
      }

      for _ in 1...Self.outages where ends.isEmpty {
        try pass(random.number(0...700_000))
        var reader = random.happens(70) ? try PinnedReader(fixture.store) : nil
        disk.fill()
        try pass(random.number(0...1_500_000))
        // Looking takes no room.
        for command in ["q-stats", "q-list"] {
          let look = CommandProcess(
            [command, "--store", fixture.store], streams: .init(error: fixture.errors))
          #expect(look.wait() == .exited(0), "\(command): \(fixture.said.suffix(2_000))")
          looks += 1
        }
        try pass(random.number(0...1_500_000))
        disk.makeRoom()
        withExtendedLifetime(reader) {}
        reader = nil
      }
      while batches.contains(false) && ends.isEmpty { try turn(more: false) }
      for each in enqueuers { #expect(each.process.wait() == .exited(0)) }
      worker.send(SIGTERM)
      #expect(worker.wait(within: 60) == .signalled(SIGTERM))
      #expect(work([]).wait(within: 600) == .exited(0), "\(fixture.said.suffix(2_000))")
      #expect(ends == [], "\(fixture.said.suffix(2_000))")
      let ledger = fixture.runs()
      let expected = Set(["first"] + batches.indices.flatMap { ids($0) })
      #expect(ledger.violations.prefix(5) == [] && ledger.ended == expected)
      #expect(ledger.count(.start) == expected.count, "an item ran twice")
      #expect(try fixture.stats()["done"] == expected.count)
      #expect(fixture.findings() == "" && fixture.workers == 0)
      print(
        """
        full disk: \(Self.outages) outages, \(expected.count) items, \(refused) q-enqueue refused, \
        \(fixture.said.components(separatedBy: "trying again for a minute").count - 1) times borne, \
        \(looks) looks, in \(ContinuousClock.now - began)
        """)
      #expect(refused > 0)
    }

    @Test func `a worker gives up after a minute, and what it had is worked on later`() throws {
      try fixture.enqueue((1...2_000).map { "n\($0)" })
      let worker = work([])
      #expect(becomesTrue(within: 20) { fixture.runs().ended.count > 20 })
      let reader = try PinnedReader(fixture.store)
      disk.fill()
      #expect(worker.wait(within: 90) == .exited(74), "\(fixture.said)")
      #expect(fixture.said.contains("cannot commit: \(fixture.store)"), "\(fixture.said)")
      withExtendedLifetime(reader) {}
      disk.makeRoom()
      #expect(work([]).wait(within: 600) == .exited(0), "\(fixture.said)")
      #expect(try fixture.stats()["done"] == 2_000)
      #expect(fixture.runs().violations == [] && fixture.findings() == "")
    }

    private func ids(_ batch: Int) -> [String] { (1...60).map { "b\(batch)-\($0)" } }

    private func enqueue(_ batch: Int) throws -> CommandProcess {
      let input = fixture.directory + "/input-\(batch)"
      let payload = String(repeating: "p", count: 3_000)
      let lines = ids(batch).map { "\($0)\t\(payload)\n" }
      try lines.joined().write(toFile: input, atomically: false, encoding: .utf8)
      return CommandProcess(
        ["q-enqueue", "--quiet", "--tsv", "--store", fixture.store],
        streams: .init(input: input, error: fixture.errors))
    }

    private func work(_ options: [String]) -> CommandProcess {
      fixture.work(
        ["--quiet", "--workers", "4"] + options,
        handler: [CommandProcess.products + "/ledger-handler", fixture.ledger])
    }
  }
}
