import OrderedStore
import QueueCore

/// Who a store is; its record is in ``Format``.
struct StoreIdentity {
  /// The store's random number, which keys the hashes of long ids. A copy has it too.
  let number: UInt64
  /// What its locks were known by when it was last known to be itself; see ``Presence/mark()``.
  let mark: (UInt64, UInt64)
  /// What tokens carry: of this store, and of no copy of it, so that the recovery of one never takes
  /// the other's handlers for its own.
  let incarnation: UInt64

  /// `salt`: zero until the store is found to be a copy.
  init(number: UInt64, mark: (UInt64, UInt64), salt: UInt64) {
    self.number = number
    self.mark = mark
    incarnation = number ^ salt
  }

  /// What a store says that it is.
  init(in transaction: any OrderedReading) throws {
    guard let bytes = try transaction.bytes(for: Format.identityKey, in: .meta) else {
      throw StoreError.unsound("the store's identity is missing")
    }
    self = try withBytes(bytes) { bytes in
      var reader = RecordReader(bytes)
      return StoreIdentity(
        number: try reader.uint64(), mark: (try reader.uint64(), try reader.uint64()),
        salt: reader.isAtEnd ? 0 : try reader.uint64())
    }
  }
}
