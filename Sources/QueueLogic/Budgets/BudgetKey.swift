import QueueCore

/// The key of `budgets`: queue, unit.
struct BudgetKey: Hashable {
  var queue: UInt32
  var unit: UnitName

  init(queue: UInt32, unit: UnitName) { (self.queue, self.unit) = (queue, unit) }

  /// nil: it is none.
  init?(bytes: UnsafeRawBufferPointer) {
    var reader = RecordReader(bytes)
    guard let queue = try? reader.uint32(), let name = try? reader.rest(),
      let unit = UnitName(String(decoding: name, as: UTF8.self))
    else { return nil }
    self.init(queue: queue, unit: unit)
  }

  /// The key's bytes.
  var bytes: [UInt8] { Self.prefix(queue) + Array(unit.text.utf8) }

  /// What the keys of a queue begin with.
  static func prefix(_ queue: UInt32) -> [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init)
  }
}
