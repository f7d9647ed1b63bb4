import CLMDB
import Glibc

/// A place in a database by which entries of a write transaction are found, put and deleted. What is
/// near the last one is found without a way down from the root of the tree.
///
/// LMDB closes it when its transaction ends; it is not to be used afterwards.
public struct KeyedCursor {
  private let pointer: OpaquePointer

  /// A cursor in no place yet. The corresponding C function is `mdb_cursor_open`.
  public init(
    _ transaction: borrowing some ChangingTransaction & ~Copyable, in database: Database
  ) throws(LMDBError) {
    var pointer: OpaquePointer?
    try check(
      mdb_cursor_open(transaction.handle.pointer, database.identifier, &pointer), "open a cursor")
    guard let pointer else { throw LMDBError(.outOfMemory, "open a cursor") }
    self.pointer = pointer
  }

  /// The value of a key, nil without one; valid until the next change of the transaction.
  /// The corresponding C function is `mdb_cursor_get`.
  public func value(
    for key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    // What is asked for after one another mostly lies so: that spares the search.
    var next = MDB_val()
    var value = MDB_val()
    let code = mdb_cursor_get(pointer, &next, &value, MDB_NEXT)
    if code == MDB_NOTFOUND { return try find(key) }
    try check(code, "get a value")
    if let base = key.baseAddress, next.mv_size == key.count,
      memcmp(next.mv_data, base, key.count) == 0
    {
      return value.bytes
    }
    return try find(key)
  }

  private func find(
    _ key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_cursor_get(pointer, &key, &value, MDB_SET)
    if code == MDB_NOTFOUND { return nil }
    try check(code, "get a value")
    return value.bytes
  }

  /// The first entry whose key is `key` or sorts after it, nil beyond the last; valid until the next change of the
  /// transaction. The corresponding C function is `mdb_cursor_get`.
  public func first(atLeast key: UnsafeRawBufferPointer) throws(LMDBError) -> Entry? {
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_cursor_get(pointer, &key, &value, MDB_SET_RANGE)
    if code == MDB_NOTFOUND { return nil }
    try check(code, "move a cursor")
    return Entry(key: key.bytes, value: value.bytes)
  }

  /// Stores a value, as ``ChangingTransaction/put(_:for:in:append:)`` does.
  /// The corresponding C function is `mdb_cursor_put`.
  public func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, append: Bool = false
  ) throws(LMDBError) {
    var key = MDB_val(key)
    var value = MDB_val(value)
    let flags = append ? UInt32(MDB_APPEND) : 0
    try check(mdb_cursor_put(pointer, &key, &value, flags), "put a value")
  }

  /// Stores a value unless the key exists.
  /// The corresponding C function is `mdb_cursor_put` with `MDB_NOOVERWRITE`.
  public func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> Insertion {
    var key = MDB_val(key)
    var value = MDB_val(value)
    let code = mdb_cursor_put(pointer, &key, &value, UInt32(MDB_NOOVERWRITE))
    if code == MDB_KEYEXIST { return .existing(value.bytes) }
    try check(code, "insert a value")
    return .inserted
  }

  /// Removes an entry, and says whether there was one.
  /// The corresponding C functions are `mdb_cursor_get` and `mdb_cursor_del`.
  public func delete(_ key: UnsafeRawBufferPointer) throws(LMDBError) -> Bool {
    guard try find(key) != nil else { return false }
    try check(mdb_cursor_del(pointer, 0), "delete an entry")
    return true
  }
}
