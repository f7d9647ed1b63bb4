import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// What is acknowledged survives a cut of power, on ext4 itself. Needs root.
  @Suite struct PowerLossTortureTests {
    private static let cuts = Storms.rounds(30, torture: 300)
    private static let options = ["", ",data=writeback", ",data=journal"]

    @Test func `nothing acknowledged is lost on ext4 when the power is cut`() throws {
      var random = SeededRandom()
      print("ext4 cuts: seed \(random.seed)")
      let began = ContinuousClock.now
      var cuts = 0
      var lives = 0
      var cutBeforeStore = 0
      var acknowledged = 0
      while cuts < Self.cuts {
        let options = Self.options.randomElement(using: &random) ?? ""
        let seed = random.next()
        var life = try Ext4Life(options: options, SeededRandom(seed: seed))
        try life.run(cuts: min(random.number(1...6), Self.cuts - cuts))
        cuts += life.cuts
        lives += 1
        cutBeforeStore += life.cutBeforeStore ? 1 : 0
        acknowledged += life.acknowledged
        #expect(life.violations == [], "mounted with \(options)")
        if !life.violations.isEmpty { break }
      }
      print(
        """
        ext4 cuts: \(cuts) cuts of \(lives) stores in \(ContinuousClock.now - began), \
        \(cutBeforeStore) before there was a store, \(acknowledged) items acknowledged
        """)
    }

    /// Not so without the syncs of directories: ext4 makes a file's name durable with the file.
    @Test func `without fdatasync losses are found on ext4`() throws {
      var random = SeededRandom()
      print("ext4 cuts without fdatasync: seed \(random.seed)")
      var cuts = 0
      var violations: [String] = []
      while cuts < 60 && violations.isEmpty {
        let seed = SeededRandom(seed: random.next())
        var life = try Ext4Life(without: "fdatasync", seed)
        try life.run(cuts: 3)
        cuts += life.cuts
        violations = life.violations
      }
      print("ext4 cuts without fdatasync: \(cuts) cuts, \(violations)")
      #expect(!violations.isEmpty)
    }
  }
}
