import OrderedStore
import QueueCore
import Testing

@testable import QueueLogic

/// Long ids whose keys collide, which SipHash does not let happen: the hash here is always the same.
@Suite struct LongIDTests {
  private let now = Timestamp(microseconds: 1)

  private func id(_ tail: String) -> [UInt8] {
    [UInt8](repeating: 0x61, count: 600) + Array(tail.utf8)
  }

  /// Enters an id and its item, as an enqueue does.
  private func enter(
    _ id: [UInt8], _ sequence: UInt64, _ session: inout WriteSession, _ ids: IDIndex
  ) throws -> Bool {
    let key = ItemKey(queue: 1, priority: 128, sequence: sequence)
    guard
      try withBytes(id, { try ids.insert($0, key, append: false, into: session.transaction) })
        == nil
    else { return false }
    let batch = ItemBatch([ItemID(unchecked: id)])
    session.writer.clear()
    withBytes(batch.bytes) {
      ItemRecord.write(batch.entries[0], of: $0, enqueuedAt: now, to: &session.writer)
    }
    try session.put(key, in: .items)
    return true
  }

  @Test func `ids whose keys collide are told apart, found and removed in any order`() throws {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
      let temporary = try TablesStore()
      try temporary.store.write { session in
        let ids = IDIndex(reading: session.reading, hash: { _, _ in (7, 7) })
        let all = ["x", "y", "z"].map(id)
        for (number, id) in all.enumerated() {
          #expect(try enter(id, UInt64(number + 1), &session, ids))
          #expect(try !enter(id, 99, &session, ids))
        }
        var left = Set(all.indices)
        for gone in order {
          let key = ItemKey(queue: 1, priority: 128, sequence: UInt64(gone + 1))
          try withBytes(all[gone]) {
            try ids.remove($0, in: 1, of: .item(key), from: session.transaction)
          }
          left.remove(gone)
          for (number, id) in all.enumerated() {
            let found = try withBytes(id) { try ids.find($0, in: 1) }
            #expect((found?.sequence == UInt64(number + 1)) == left.contains(number))
          }
        }
        #expect(try session.transaction.count(.ids) == 0)
      }
    }
  }

  @Test func `an id whose item was pruned is told from those that collide with it`() throws {
    let temporary = try TablesStore()
    try temporary.store.write { session in
      let ids = IDIndex(reading: session.reading, hash: { _, _ in (7, 7) })
      let all = ["x", "y", "z"].map(id)
      for (number, id) in all.enumerated() {
        #expect(try enter(id, UInt64(number + 1), &session, ids))
      }
      let key = ItemKey(queue: 1, priority: 128, sequence: 2)
      let pruned = PrunedID(.failed, Fingerprint(of: [7]))
      try withBytes(all[1]) {
        try ids.change($0, in: 1, from: .item(key), to: .pruned(pruned), session.transaction)
      }
      _ = try key.withBytes { try session.transaction.delete($0, in: .items) }
      #expect(try !enter(all[1], 99, &session, ids))
      let first = ItemKey(queue: 1, priority: 128, sequence: 1)
      try withBytes(all[0]) {
        try ids.remove($0, in: 1, of: .item(first), from: session.transaction)
      }
      let found = try all.map { try withBytes($0) { try ids.look(for: $0, in: 1)?.known } }
      let kept = PrunedID(.failed, pruned.fingerprint, longID: all[1])
      #expect(
        found == [nil, .pruned(kept), .item(ItemKey(queue: 1, priority: 128, sequence: 3))])
      try withBytes(all[1]) {
        try ids.remove($0, in: 1, of: .pruned(kept), from: session.transaction)
      }
      #expect(try withBytes(all[2]) { try ids.find($0, in: 1) }?.sequence == 3)
      #expect(try session.transaction.count(.ids) == 1)
    }
  }

  @Test func `the 257th id of one key is refused, not lost`() throws {
    let temporary = try TablesStore()
    let failure = #expect(throws: StoreError.self) {
      try temporary.store.write { session in
        let ids = IDIndex(reading: session.reading, hash: { _, _ in (7, 7) })
        for number in 0...256 { _ = try enter(id("\(number)"), UInt64(number + 1), &session, ids) }
      }
    }
    #expect(failure?.code == .limit)
  }
}
