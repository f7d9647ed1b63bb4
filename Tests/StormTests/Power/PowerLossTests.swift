import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// What is acknowledged survives a cut of power: what the commands write and sync is recorded, and
  /// disks are rebuilt as a cut may leave them. See ``Disk`` for what a disk may do.
  @Suite struct PowerLossTests {
    private static let cuts = Storms.rounds(120, torture: 700)
    private static let secondCuts = Storms.rounds(20, torture: 400)

    @Test func `nothing acknowledged is lost, wherever the power is cut`() throws {
      var random = SeededRandom()
      print("power cuts: seed \(random.seed)")
      let began = ContinuousClock.now
      var count = 0
      var sums = (events: 0, absent: 0, used: 0)
      while count < Self.cuts {
        // A new life of a store for every so many cuts.
        let part = min(Self.cuts - count, 150)
        let recording = try Recording(prepared: random.happens(50))
        try recording.run(steps: part / 2, SeededRandom(seed: random.next()))
        var cuts = try PowerCuts(recording, SeededRandom(seed: random.next()))
        try cuts.run(cuts: part)
        #expect(cuts.violations == [])
        #expect(cuts.count == part)
        guard cuts.violations.isEmpty else { break }
        count += cuts.count
        sums.events += cuts.events
        sums.absent += cuts.absent
        sums.used += cuts.used
      }
      print(
        """
        power cuts: \(count) cuts in \(sums.events) events, \(sums.absent) before there was a \
        store, \(sums.used) worked on afterwards, in \(ContinuousClock.now - began)
        """)
    }

    @Test func `nothing is lost when the power is cut again`() throws {
      var random = SeededRandom()
      print("second cuts: seed \(random.seed)")
      let began = ContinuousClock.now
      let recording = try Recording()
      try recording.run(steps: 40, SeededRandom(seed: random.next()))
      var count = 0
      while count < Self.secondCuts {
        var first = try PowerCuts(recording, SeededRandom(seed: random.next()))
        let second = try first.secondLife(steps: 12)
        var cuts = try PowerCuts(second, SeededRandom(seed: random.next()))
        try cuts.run(cuts: 20)
        #expect(cuts.violations == [])
        guard cuts.violations.isEmpty else { break }
        count += cuts.count
      }
      print("second cuts: \(count) cuts in \(ContinuousClock.now - began)")
    }

    @Test(arguments: ["", "whole"])
    func `what is done has its results, if they are synced`(without: String) throws {
      var random = SeededRandom()
      print("power cuts with results, without \(without): seed \(random.seed)")
      let recording = try Recording(without: without)
      try recording.runWithResults(steps: 15, SeededRandom(seed: random.next()))
      var cuts = try PowerCuts(recording, random)
      if without.isEmpty {
        try cuts.run(cuts: 40, use: false, results: true)
        #expect(cuts.violations == [])
      } else {
        try cuts.run(cuts: 300, limit: 1, use: false, late: true, results: true)
        #expect(!cuts.violations.isEmpty)
      }
    }

    @Test func `the record has all that happened to the disk`() throws {
      var random = SeededRandom()
      print("recording: seed \(random.seed)")
      let recording = try Recording()
      try recording.run(steps: 30, SeededRandom(seed: random.next()))
      let log = try recording.log()
      var disk = recording.disk
      for index in 0..<log.count { try disk.apply(log[index]) }
      let rebuilt = recording.fixture.directory + "/rebuilt"
      try disk.rebuild(at: rebuilt, as: .all, staleLock: [], &random)

      func files(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted()
          .filter { !$0.hasSuffix("/lock.mdb") }
      }
      let real = recording.fixture.directory + "/" + Recording.disk
      let names = try files(real)
      #expect(try files(rebuilt) == names)
      for name in names {
        let contents = FileManager.default.contents(atPath: "\(real)/\(name)")
        #expect(FileManager.default.contents(atPath: "\(rebuilt)/\(name)") == contents, "\(name)")
      }
    }

    @Test func `nothing is lost in a store whose maker was killed before it was durable`() throws {
      var random = SeededRandom()
      print("power cuts after a killed maker: seed \(random.seed)")
      let recording = try Recording(prepared: random.happens(50))
      try recording.runAfterKilledMaker(SeededRandom(seed: random.next()))
      var cuts = try PowerCuts(recording, random)
      try cuts.run(cuts: 40)
      #expect(cuts.violations == [])
    }

    @Test(arguments: ["fdatasync", "dsync", "fsync", "directories"])
    func `without syncs losses are found`(without: String) throws {
      var random = SeededRandom()
      print("power cuts without \(without): seed \(random.seed)")
      let recording = try Recording(without: without)
      try recording.run(steps: 10, SeededRandom(seed: random.next()))
      var cuts = try PowerCuts(recording, random)
      try cuts.run(cuts: 300, limit: 1, use: false, late: true)
      print("power cuts without \(without): \(cuts.count) cuts, \(cuts.violations)")
      #expect(!cuts.violations.isEmpty)
    }
  }
}
