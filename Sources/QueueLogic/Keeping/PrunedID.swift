import QueueCore

/// What stays in `ids` of an item that was pruned; the layout is in ``Format``.
struct PrunedID: Equatable {
  /// Done or failed.
  var status: Status
  /// Of the payload that it had.
  var fingerprint: Fingerprint
  /// The whole id, where its key is not.
  var longID: [UInt8] = []

  init(_ status: Status, _ fingerprint: Fingerprint, longID: [UInt8] = []) {
    (self.status, self.fingerprint, self.longID) = (status, fingerprint, longID)
  }

  init(from reader: inout RecordReader) throws(StoreError) {
    let status = try reader.byte()
    guard status < 2 else { throw StoreError.unsound("an id leads to nothing") }
    self.status = status == 0 ? .done : .failed
    fingerprint = Fingerprint(first: 0, second: 0)
    // Most have no payload: nine million of them are to be small.
    if reader.isAtEnd { return }
    fingerprint = Fingerprint(first: try reader.uint64(), second: try reader.uint64())
    longID = try reader.rest()
  }

  /// Whether the value of an entry is what stays known of an id under this key: a long one's key has another form.
  static func isWhole(_ value: UnsafeRawBufferPointer, under key: UnsafeRawBufferPointer) -> Bool {
    var reader = RecordReader(value)
    guard let pruned = try? PrunedID(from: &reader) else { return false }
    let isLong = key.count > 4 + Format.longestDirectID
    return isLong ? pruned.longID.count > Format.longestDirectID : pruned.longID.isEmpty
  }

  /// What stands in the entry of this id.
  func bytes(of id: UnsafeRawBufferPointer) -> [UInt8] {
    var writer = RecordWriter(capacity: 64)
    writer.put(status == .done ? 0 : 1 as UInt8)
    let isLong = id.count > Format.longestDirectID
    if isLong || fingerprint != Fingerprint(first: 0, second: 0) {
      writer.put(raw: fingerprint.bytes)
    }
    if isLong { writer.put(raw: id) }
    return writer.bytes
  }
}

/// What tells a payload from others when it is not there any more; 128 bits.
struct Fingerprint: Equatable {
  var first, second: UInt64

  init(first: UInt64, second: UInt64) { (self.first, self.second) = (first, second) }

  /// Of a payload, or of none; the same in every store.
  init(of payload: (some Collection<UInt8>)?) {
    (first, second) = payload.map { SipHash.hash($0, key: (0, 1)) } ?? (0, 0)
  }

  /// From 16 bytes.
  init(bytes: [UInt8]) {
    (first, second) = (0, 0)
    for byte in bytes.prefix(8) { first = first << 8 | UInt64(byte) }
    for byte in bytes.dropFirst(8).prefix(8) { second = second << 8 | UInt64(byte) }
  }

  /// Its 16 bytes.
  var bytes: [UInt8] {
    [first, second].flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
  }
}
