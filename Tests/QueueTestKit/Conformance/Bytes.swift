import QueueCore
import Testing

private let longIDs: [ItemID] =
  [489, 490, 491, 505, 506, 507, 508, 511, 512, 1_000, 65_534, 65_535].flatMap {
    [SampleIDs.long($0, "p"), SampleIDs.long($0, "q")]
  }

extension ConformanceCase {
  static let bytes = [
    ConformanceCase("long ids that begin alike are told apart") { bench throws in
      #expect(try bench.put(longIDs + longIDs).enqueued == longIDs.count)
      #expect(try bench.put(longIDs.reversed()).duplicates == longIDs.count)
      for id in longIDs { #expect(try bench.store.item(id, in: bench.queue)?.id == id) }
      #expect(try bench.store.item(SampleIDs.long(509, "p"), in: bench.queue) == nil)
      #expect(try bench.store.item(SampleIDs.long(507, "r"), in: bench.queue) == nil)
      let worker = try bench.register()
      #expect(try bench.claim(worker, 99).map(\.id) == longIDs)
    },
    ConformanceCase("a long id is removed alone, and may come again") { bench throws in
      try bench.put(longIDs)
      for id in longIDs {
        let gone = try bench.store.move(
          [id, id], in: bench.queue, by: .remove(force: false))
        #expect(gone == [.moved, .missing])
      }
      #expect(try bench.counts().total == 0)
      #expect(try bench.put(longIDs).enqueued == longIDs.count)
    },
    ConformanceCase("long and short ids arrive in one batch, in any order") { bench throws in
      var random = SplitMix64(seed: 3)
      let ids = (longIDs + (0..<100).map { ItemID("\($0)")! } + [ItemID("y")!, ItemID("z")!])
        .shuffled(using: &random)
      #expect(try bench.put(ids) == EnqueueResult(enqueued: ids.count, duplicates: 0))
      let page = try bench.store.items(of: bench.queue, in: .pending, after: nil, limit: 999)
      #expect(page.items.map(\.id) == ids)
    },
    ConformanceCase("ids are bytes, whatever they mean") { bench throws in
      let ids: [[UInt8]] = [
        [0xff], [0xff, 0xfe], [0xc3], [0xc3, 0x28], [0xed, 0xa0, 0x80], [1], [10], [13], [127],
        [0xc3, 0xa9], [0x65, 0xcc, 0x81], Array((1...255)),
      ]
      let items = ids.map { ItemID($0)! }
      #expect(try bench.put(items).enqueued == ids.count)
      let page = try bench.store.items(of: bench.queue, in: .pending, after: nil, limit: 99)
      #expect(page.items.map(\.id.bytes) == ids)
      for item in items { #expect(try bench.store.item(item, in: bench.queue)?.id == item) }
    },
    ConformanceCase("claims come without payloads where nobody wants them") { bench throws in
      for id in 1...3 { try bench.put("\(id)", payload: SampleIDs.payload(2_000)) }
      var turn = Turn(queue: bench.queue, worker: try bench.register())
      (turn.wanted, turn.withPayloads, turn.payloadBudget) = (3, false, 1_000)
      #expect(try bench.store.turn(turn).claims.map(\.payload) == [nil, nil, nil])
    },
    ConformanceCase("payloads of every size come back as they were") { bench throws in
      // Inline or apart: what an item's record holds beside its payload decides at about 1,000.
      let sizes = [0, 1, 2, 127, 128] + Array(970...1_001) + [4_096, 65_536, 1 << 20]
      for size in sizes { try bench.put("\(size)", payload: SampleIDs.payload(size)) }
      try bench.put("none", payload: nil)
      for size in sizes {
        let item = try bench.store.item(ItemID("\(size)")!, in: bench.queue)
        #expect(item?.payloadLength == size)
      }
      #expect(try bench.store.item(ItemID("none")!, in: bench.queue)?.payloadLength == .some(nil))
      let worker = try bench.register()
      let claims = try bench.claim(worker, 99)
      #expect(claims.map(\.payload) == sizes.map { SampleIDs.payload($0) } + [nil])
      let results = try bench.store.move(
        claims.map(\.id), in: bench.queue, by: .remove(force: true))
      #expect(results == claims.map { _ in .moved })
    },
    ConformanceCase("a long id with a payload keeps both") { bench throws in
      for (index, size) in [0, 1, 400, 2_000].enumerated() {
        let id = SampleIDs.long(600 + index, "p")
        var batch = ItemBatch()
        batch.append(id: id.bytes, payload: SampleIDs.payload(size))
        _ = try bench.store.enqueue(
          batch, to: bench.queue, priority: 1, until: nil)
      }
      let worker = try bench.register()
      let claims = try bench.claim(worker, 9)
      #expect(claims.map(\.payload?.count) == [0, 1, 400, 2_000])
      #expect(claims.map(\.id.bytes.count) == [600, 601, 602, 603])
    },
  ]
}
