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
    let (rank, status) = (try reader.uint64(), try reader.byte())
    guard rank == 0, status < 2 else { throw StoreError.unsound("an id leads to nothing") }
    self.status = status == 0 ? .done : .failed
    fingerprint = Fingerprint(first: try reader.uint64(), second: try reader.uint64())
    longID = try reader.rest()
  }

  func write(_ longID: [UInt8], to writer: inout RecordWriter) {
    writer.put(0 as UInt64)
    writer.put(status == .done ? 0 : 1 as UInt8)
    writer.put(fingerprint.first)
    writer.put(fingerprint.second)
    writer.put(raw: longID)
  }
}

/// What tells a payload from others when it is not there any more; 128 bits.
struct Fingerprint: Equatable {
  var first, second: UInt64

  init(first: UInt64, second: UInt64) { (self.first, self.second) = (first, second) }

  /// Of a payload, or of none, in the store of this number.
  init(of payload: (some Collection<UInt8>)?, _ store: UInt64) {
    guard let payload else {
      (first, second) = (0, 0)
      return
    }
    // Another key than long ids have.
    (first, second) = SipHash.hash(payload, key: (store, 1))
  }
}
