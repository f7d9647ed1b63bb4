import CLMDB

/// A place in a database, lent by `withCursor` and closed with it. `Owner` is the kind of
/// transaction it walks: only a `WriteTransaction`'s cursor can change entries.
public struct Cursor<Owner: Transaction & ~Copyable>: ~Copyable {
  @usableFromInline let handle: CursorHandle

  @usableFromInline init(_ handle: CursorHandle) { self.handle = handle }

  deinit { handle.close() }
}

extension Transaction where Self: ~Copyable {
  /// Lends a cursor that stands before the first entry. It cannot outlive the transaction.
  ///
  /// A cursor that cannot be opened (no memory, no such database) throws at its first use.
  /// The corresponding C functions are `mdb_cursor_open` and `mdb_cursor_close`.
  @inlinable
  public func withCursor<Result: ~Copyable, Failure: Error>(
    in database: Database, _ body: (borrowing Cursor<Self>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(Cursor(CursorHandle(handle, database)))
  }
}

/// Every move gives the entry it lands on, nil beyond the ends of the database. Moves throw what
/// LMDB says of a damaged file. The corresponding C function is `mdb_cursor_get`.
extension Cursor where Owner: ~Copyable {
  /// Goes to the first entry.
  @inlinable public func first() throws(LMDBError) -> Entry? { try handle.move(.first) }

  /// Goes to the last entry.
  @inlinable public func last() throws(LMDBError) -> Entry? { try handle.move(.last) }

  /// Goes to the next entry: the first, from before the first; the one after a deleted one.
  @inlinable public func next() throws(LMDBError) -> Entry? { try handle.move(.next) }

  /// Goes to the entry before: the last, if the cursor has not moved yet.
  @inlinable public func previous() throws(LMDBError) -> Entry? { try handle.move(.previous) }

  /// The entry the cursor stands on, nil if on none.
  @inlinable public func current() throws(LMDBError) -> Entry? { try handle.move(.current) }

  /// Goes to the first entry whose key is `key` or sorts after it.
  @inlinable
  public func seek(atLeast key: UnsafeRawBufferPointer) throws(LMDBError) -> Entry? {
    try handle.move(.atLeast, key)
  }

  /// Goes to the first entry whose key is `key` or sorts after it.
  public func seek(atLeast key: [UInt8]) throws(LMDBError) -> Entry? {
    let handle = handle
    return try key.span.bytes.withUnsafeBytes { (key) throws(LMDBError) in
      try handle.move(.atLeast, key)
    }
  }
}

extension Cursor where Owner == WriteTransaction {
  /// Removes the entry the cursor stands on; `next()` then goes to the one that followed it.
  /// Throws `.invalidArgument` on no entry. The corresponding C function is `mdb_cursor_del`.
  @inlinable public func delete() throws(LMDBError) { try handle.delete() }

  /// Stores a value and goes there; see `WriteTransaction.put`.
  /// The corresponding C function is `mdb_cursor_put`.
  @inlinable
  public func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, append: Bool = false
  ) throws(LMDBError) {
    try handle.put(value, for: key, append: append)
  }
}
