import CLMDB

/// What became of an insertion.
public enum Insertion {
  /// The entry is new.
  case inserted
  /// The key exists; nothing changed. The value is valid until the next change.
  case existing(UnsafeRawBufferPointer)
}

extension ChangingTransaction where Self: ~Copyable {
  /// Stores a value, in place of the key's old one if there is one.
  ///
  /// - Parameters:
  ///   - key: 1 to 511 bytes, else `.badValueSize` is thrown.
  ///   - append: the key sorts after every other; faster, and pages are filled to the brim.
  ///     `.keyExists` is thrown if it does not.
  ///
  /// Throws `.mapFull`. The corresponding C function is `mdb_put`.
  public func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in database: Database,
    append: Bool = false
  ) throws(LMDBError) {
    var key = MDB_val(key)
    var value = MDB_val(value)
    let flags = append ? UInt32(MDB_APPEND) : 0
    try check(
      mdb_put(handle.pointer, database.identifier, &key, &value, flags), "put a value")
  }

  /// Stores a value unless the key exists. Throws as `put` does.
  /// The corresponding C function is `mdb_put` with `MDB_NOOVERWRITE`.
  public func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in database: Database
  ) throws(LMDBError) -> Insertion {
    var key = MDB_val(key)
    var value = MDB_val(value)
    let code = mdb_put(
      handle.pointer, database.identifier, &key, &value, UInt32(MDB_NOOVERWRITE))
    if code == MDB_KEYEXIST { return .existing(value.bytes) }
    try check(code, "insert a value")
    return .inserted
  }

  /// Stores a value of `count` bytes that `write` fills in place, so that it is not copied. Throws
  /// as `put` does.
  ///
  /// `write` gets uninitialised memory: what it does not write reaches the disk as it is.
  /// The corresponding C function is `mdb_put` with `MDB_RESERVE`.
  @inlinable
  public func put(
    count: Int, for key: UnsafeRawBufferPointer, in database: Database, append: Bool = false,
    _ write: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(LMDBError) {
    write(try reserve(count, for: key, in: database, append: append))
  }

  /// Stores a value. See the unsafe `put`. The corresponding C function is `mdb_put`.
  public func put(_ value: [UInt8], for key: [UInt8], in database: Database, append: Bool = false)
    throws(LMDBError)
  {
    try key.span.bytes.withUnsafeBytes { (key) throws(LMDBError) in
      try value.span.bytes.withUnsafeBytes { (value) throws(LMDBError) in
        try put(value, for: key, in: database, append: append)
      }
    }
  }

  /// Stores a value unless the key exists, and gives the one that does; nil once stored.
  /// The corresponding C function is `mdb_put` with `MDB_NOOVERWRITE`.
  public func insert(_ value: [UInt8], for key: [UInt8], in database: Database) throws(LMDBError)
    -> [UInt8]?
  {
    try key.span.bytes.withUnsafeBytes { (key) throws(LMDBError) in
      try value.span.bytes.withUnsafeBytes { (value) throws(LMDBError) in
        switch try insert(value, for: key, in: database) {
        case .inserted: nil
        case .existing(let value): Array(value)
        }
      }
    }
  }

  @usableFromInline
  func reserve(_ count: Int, for key: UnsafeRawBufferPointer, in database: Database, append: Bool)
    throws(LMDBError) -> UnsafeMutableRawBufferPointer
  {
    var key = MDB_val(key)
    var value = MDB_val(mv_size: count, mv_data: nil)
    let flags = UInt32(MDB_RESERVE) | (append ? UInt32(MDB_APPEND) : 0)
    try check(
      mdb_put(handle.pointer, database.identifier, &key, &value, flags), "reserve a value")
    return UnsafeMutableRawBufferPointer(start: value.mv_data, count: value.mv_size)
  }
}
