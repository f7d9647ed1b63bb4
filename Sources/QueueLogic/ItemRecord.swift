import OrderedStore
import QueueCore

/// What `items` and `payloads` keep of an item, written once.
struct ItemRecord {
  private static let hasPayload: UInt8 = 1
  private static let payloadApart: UInt8 = 2

  var enqueuedAt: Timestamp
  var id: [UInt8]
  var payloadLength: Int?

  /// An item as it was read.
  struct Found {
    var record: ItemRecord
    /// The payload, if there is one and it was asked for.
    var payload: [UInt8]?
    /// Whether the payload lies in `payloads`.
    var isApart: Bool
  }

  /// Whether the payload lies in `payloads`, so that the record stays small.
  static func isApart(_ entry: ItemBatch.Entry) -> Bool {
    entry.payloadLength > 0
      && entry.idLength + entry.payloadLength + 12 > Format.largestInlineItem
  }

  /// Writes the `items` value; the payload goes along unless it lies apart.
  static func write(
    _ entry: ItemBatch.Entry, of bytes: UnsafeRawBufferPointer, enqueuedAt: Timestamp,
    to writer: inout RecordWriter
  ) {
    let isApart = isApart(entry)
    writer.put(enqueuedAt)
    writer.put(entry.payloadLength < 0 ? 0 : isApart ? hasPayload | payloadApart : hasPayload)
    writer.put(varint: UInt64(entry.idLength))
    let id = entry.idStart..<entry.idStart + entry.idLength
    writer.put(raw: UnsafeRawBufferPointer(rebasing: bytes[id]))
    if entry.payloadLength > 0, !isApart {
      let payload = entry.payloadStart..<entry.payloadStart + entry.payloadLength
      writer.put(raw: UnsafeRawBufferPointer(rebasing: bytes[payload]))
    }
  }

  /// Where an item's payload is.
  enum PayloadPlace { case none, inline, apart }

  /// Reads what stands before the payload.
  static func head(
    _ reader: inout RecordReader
  ) throws(StoreError) -> (record: ItemRecord, place: PayloadPlace) {
    let enqueuedAt = try reader.time()
    let flags = try reader.byte()
    let record = ItemRecord(enqueuedAt: enqueuedAt, id: try reader.counted())
    let place: PayloadPlace =
      flags & hasPayload == 0 ? .none : flags & payloadApart == 0 ? .inline : .apart
    return (record, place)
  }

  private init(enqueuedAt: Timestamp, id: [UInt8]) {
    self.enqueuedAt = enqueuedAt
    self.id = id
  }
}

extension StoreReading {
  /// What is kept of an item; its payload too when `withPayload`.
  func record(of key: ItemKey, withPayload: Bool) throws -> ItemRecord.Found? {
    try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .items) else { return nil }
      var reader = RecordReader(value)
      var (record, place) = try ItemRecord.head(&reader)
      if place == .none { return ItemRecord.Found(record: record, payload: nil, isApart: false) }
      if place == .inline {
        let payload = try reader.rest()
        record.payloadLength = payload.count
        return ItemRecord.Found(record: record, payload: payload, isApart: false)
      }
      guard let payload = try transaction.value(for: bytes, in: .payloads) else {
        throw StoreError.unsound("an item's payload is missing")
      }
      record.payloadLength = payload.count
      return ItemRecord.Found(
        record: record, payload: withPayload ? Array(payload) : nil, isApart: true)
    }
  }
}
