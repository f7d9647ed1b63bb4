import QueueTestKit
import Testing

@testable import PostgresStore

/// What a transaction knows of a table, beside a dictionary that knows everything.
@Suite struct KnownTableTests {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `what is known is what is there, with what was changed`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let arena = Arena()
    func key(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
    var server: [Int: UInt8] = [:]
    for _ in 0..<400 { server[.random(in: 0..<2_000, using: &random)] = 1 }
    var (known, truth) = (KnownTable(), server)
    for _ in 0..<1_200 {
      let number = Int.random(in: 0..<2_000, using: &random)
      key(number).withUnsafeBytes { bytes in
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
          let value: UInt8? = Bool.random(using: &random) ? 2 : nil
          truth[number] = value
          _ = known.change(
            arena.copy(bytes), value.map { value in withUnsafeBytes(of: value) { arena.copy($0) } })
        case 2:
          known.note(
            arena.copy(bytes),
            server[number].map { value in withUnsafeBytes(of: value) { arena.copy($0) } })
        case 3:
          fetch(number, limit: Int.random(in: 1...40, using: &random), server, &known, arena, key)
        case 4 where number % 8 == 0:
          // Many go that lie together, known or not; some between them may be unknown, and stay.
          for gone in number..<number + 60 where Int.random(in: 0..<3, using: &random) > 0 {
            truth[gone] = nil
            key(gone).withUnsafeBytes { _ = known.change(arena.copy($0), nil) }
          }
        default:
          if let entry = known.entry(bytes) { #expect(entry.value?.first == truth[number]) }
        }
        check(from: number, known, truth, key)
      }
    }
    let changes = known.takeChanges()
    func number(_ entry: KnownTable.Entry) -> Int { Int(entry.key[0]) << 8 | Int(entry.key[1]) }
    #expect(!changes.new.isEmpty && changes.new.allSatisfy { server[number($0)] == nil })
    for gone in changes.gone { server[number(gone)] = nil }
    for range in changes.ranges {
      let range = number(range.first)...number(range.last)
      server = server.filter { !range.contains($0.key) }
    }
    for entry in changes.new + changes.old { server[number(entry)] = entry.value?.first }
    #expect(server == truth)
    let all = (changes.new + changes.old + changes.gone).map(number)
    #expect(Set(all).count == all.count)
    let rest = known.takeChanges()
    #expect(known.changes == 0 && rest.new.isEmpty && rest.old.isEmpty && rest.gone.isEmpty)
  }

  /// As a page from the server.
  private func fetch(
    _ number: Int, limit: Int, _ server: [Int: UInt8], _ known: inout KnownTable, _ arena: Arena,
    _ key: (Int) -> [UInt8]
  ) {
    let page = server.keys.filter { $0 >= number }.sorted().prefix(limit)
    for found in page {
      key(found).withUnsafeBytes { bytes in
        known.note(arena.copy(bytes), withUnsafeBytes(of: server[found]) { arena.copy($0) })
      }
    }
    key(number).withUnsafeBytes { from in
      guard page.count == limit, let last = page.last else {
        return known.noteRange(from: from, through: nil)
      }
      key(last).withUnsafeBytes { known.noteRange(from: from, through: $0) }
    }
  }

  private func check(
    from number: Int, _ known: KnownTable, _ truth: [Int: UInt8], _ key: (Int) -> [UInt8]
  ) {
    key(number).withUnsafeBytes { from in
      guard let reach = known.reach(of: from) else { return }
      var entries: [KnownTable.Entry] = []
      known.entries(from: from, through: reach, limit: .max, into: &entries)
      let found = entries.map { Int($0.key[0]) << 8 | Int($0.key[1]) }
      let end = reach.isEmpty ? Int.max : Int(reach[0]) << 8 | Int(reach[1])
      #expect(found == truth.keys.filter { number...end ~= $0 }.sorted())
    }
  }
}
