import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

@Suite struct SortedBatchTests {
  /// What a plain sort makes of the ids: by bytes, the first of equal ones first.
  private func expected(_ batch: ItemBatch) -> [UInt32] {
    let ids = (0..<batch.count).map { batch.id(at: $0).bytes }
    return ids.indices.sorted { left, right in
      if ids[left] == ids[right] { return left < right }
      return ids[left].lexicographicallyPrecedes(ids[right])
    }.map(UInt32.init)
  }

  @Test(arguments: ["", "p", "a common beginning of some length/", "\u{1}\u{1}"])
  func `a batch is sorted as its bytes are`(_ prefix: String) {
    var random = SplitMix64(seed: 11)
    for round in 0..<300 {
      let alphabet: [UInt8] = round % 2 == 0 ? [1, 2, 255] : Array(1...255)
      var batch = ItemBatch()
      for _ in 0..<Int.random(in: 0..<40, using: &random) {
        let tail = (0..<Int.random(in: 0..<20, using: &random)).map { _ in
          alphabet.randomElement(using: &random)!
        }
        let id = Array(prefix.utf8) + tail
        batch.append(
          id: id.isEmpty ? [7] : id, payload: Bool.random(using: &random) ? [0, 255] : nil)
      }
      #expect(SortedBatch(batch).order == expected(batch))
    }
  }

  @Test func `sorted, reversed and equal ids are no exception`() {
    let ids = (0..<300).map { ItemID("\($0)")! }.sorted {
      $0.bytes.lexicographicallyPrecedes($1.bytes)
    }
    for ids in [ids, ids.reversed(), [ItemID](repeating: ids[0], count: 50), []] {
      let batch = ItemBatch(ids)
      #expect(SortedBatch(batch).order == expected(batch))
    }
  }
}
