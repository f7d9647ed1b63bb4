import CLMDB

/// A key and its value, valid as long as the transaction's other pointers are.
public struct Entry {
  /// The key.
  public let key: UnsafeRawBufferPointer
  /// The value.
  public let value: UnsafeRawBufferPointer
}

extension MDB_val {
  /// Points at bytes that LMDB reads and never writes: every caller passes keys and values to be
  /// copied, so casting the constness away is sound.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }

  /// The bytes LMDB pointed this at.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
