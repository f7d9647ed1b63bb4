import OrderedStore
import QueueCore

/// A claim whose item was removed while its worker had it: what is known of the run until it has
/// ended. As long as it is there its id is not claimed again.
struct RevokedRun: Equatable {
  var token: Token
  var worker: WorkerID
  /// The item's group; it counts against that one's limit.
  var group: GroupKey
  /// What the claim has reserved.
  var reserved: Amounts = [:]
}

extension StoreReading {
  /// The id of the item that was removed.
  func id(of run: RevokedRun) throws -> [UInt8] {
    try withBytes(Format.revokedKey(run.token.key.queue, run.token.number)) { bytes in
      guard let value = try transaction.value(for: bytes, in: .meta) else {
        throw StoreError.unsound("a revoked run vanished inside its transaction")
      }
      var reader = RecordReader(value)
      _ = (try reader.uint64(), try reader.varint(), try reader.varint(), try reader.amounts())
      return try reader.rest()
    }
  }

  /// The runs of a queue's removed items, or of all, in the order of their tokens.
  func revoked(of queue: UInt32? = nil) throws -> [RevokedRun] {
    let prefix = Format.revokedPrefix(queue)
    var runs: [RevokedRun] = []
    try withBytes(prefix) { bytes in
      try transaction.scan(.meta, from: bytes) { key, value in
        guard key.starts(with: prefix) else { return false }
        var key = RecordReader(UnsafeRawBufferPointer(rebasing: key[Format.revoked.count...]))
        var value = RecordReader(value)
        let (number, token) = (try key.uint32(), try key.uint64())
        let rank = try value.uint64()
        runs.append(
          RevokedRun(
            token: Token(
              number: token, key: ItemKey(queue: number, rank: rank),
              incarnation: identity.incarnation),
            worker: WorkerID(try value.varint()),
            group: GroupKey(queue: number, number: UInt32(clamping: try value.varint())),
            reserved: try value.amounts()))
        return true
      }
    }
    return runs
  }
}

extension Format {
  fileprivate static func revokedPrefix(_ queue: UInt32?) -> [UInt8] {
    guard let queue else { return revoked }
    return revoked + withUnsafeBytes(of: queue.bigEndian, Array.init)
  }

  static func revokedKey(_ queue: UInt32, _ token: UInt64) -> [UInt8] {
    revokedPrefix(queue) + withUnsafeBytes(of: token.bigEndian, Array.init)
  }
}
