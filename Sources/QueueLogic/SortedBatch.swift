import Glibc
import QueueCore

/// The items of a batch in the order of their ids: `ids` is the one tree in random order, and a
/// sorted batch visits each of its pages once.
struct SortedBatch {
  /// Indices of the batch's entries by id, the first of equal ids first.
  private(set) var order: [UInt32]

  init(_ batch: ItemBatch) {
    order = batch.bytes.withUnsafeBytes { bytes in
      let entries = batch.entries
      if Self.isSorted(entries, bytes) { return Array(0..<UInt32(entries.count)) }
      let shared = Self.commonPrefix(entries, bytes)
      var tagged = entries.indices.map { index in
        Tagged(head: Self.head(entries[index], bytes, from: shared), index: UInt32(index))
      }
      tagged.sort { left, right in
        if left.head != right.head { return left.head < right.head }
        let order = Self.compare(entries[Int(left.index)], entries[Int(right.index)], bytes)
        return order != 0 ? order < 0 : left.index < right.index
      }
      return tagged.map(\.index)
    }
  }

  /// An item by the first eight bytes in which ids can differ: most comparisons need no more.
  private struct Tagged {
    var head: UInt64
    var index: UInt32
  }

  private static func isSorted(
    _ entries: [ItemBatch.Entry], _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    for index in entries.indices.dropFirst()
    where compare(entries[index - 1], entries[index], bytes) > 0 { return false }
    return true
  }

  private static func commonPrefix(
    _ entries: [ItemBatch.Entry], _ bytes: UnsafeRawBufferPointer
  ) -> Int {
    guard let first = entries.first else { return 0 }
    var shared = first.idLength
    for entry in entries {
      shared = min(shared, entry.idLength)
      while shared > 0, !equal(first, entry, shared, bytes) { shared -= 1 }
    }
    return shared
  }

  private static func equal(
    _ left: ItemBatch.Entry, _ right: ItemBatch.Entry, _ count: Int,
    _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return memcmp(base + left.idStart, base + right.idStart, count) == 0
  }

  private static func head(
    _ entry: ItemBatch.Entry, _ bytes: UnsafeRawBufferPointer, from: Int
  ) -> UInt64 {
    var head: UInt64 = 0
    for offset in from..<from + 8 {
      head = head << 8 | (offset < entry.idLength ? UInt64(bytes[entry.idStart + offset]) : 0)
    }
    return head
  }

  private static func compare(
    _ left: ItemBatch.Entry, _ right: ItemBatch.Entry, _ bytes: UnsafeRawBufferPointer
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let count = min(left.idLength, right.idLength)
    let order = Int(memcmp(base + left.idStart, base + right.idStart, count))
    return order != 0 ? order : left.idLength - right.idLength
  }
}
