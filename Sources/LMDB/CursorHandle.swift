import CLMDB

/// LMDB's own cursor: the part of `Cursor` that knows C.
@usableFromInline
struct CursorHandle {
  private let pointer: OpaquePointer?
  private let opened: Int32

  @usableFromInline
  init(_ transaction: TransactionHandle, _ database: Database) {
    var pointer: OpaquePointer?
    opened = mdb_cursor_open(transaction.pointer, database.identifier, &pointer)
    self.pointer = pointer
  }

  @usableFromInline
  func close() {
    if let pointer { mdb_cursor_close(pointer) }
  }

  /// Where a cursor can go.
  @usableFromInline
  enum Move {
    case first, last, next, previous, current, atLeast

    fileprivate var operation: MDB_cursor_op {
      switch self {
      case .first: MDB_FIRST
      case .last: MDB_LAST
      case .next: MDB_NEXT
      case .previous: MDB_PREV
      case .current: MDB_GET_CURRENT
      case .atLeast: MDB_SET_RANGE
      }
    }
  }

  @usableFromInline
  func move(
    _ move: Move, _ key: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  )
    throws(LMDBError) -> Entry?
  {
    try check(opened, "open a cursor")
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_cursor_get(pointer, &key, &value, move.operation)
    if code == MDB_NOTFOUND { return nil }
    // A cursor that has not moved yet stands on nothing; LMDB calls asking it EINVAL.
    if move == .current, code == LMDBError.Code.invalidArgument.rawValue { return nil }
    try check(code, "move a cursor")
    return Entry(key: key.bytes, value: value.bytes)
  }

  @usableFromInline
  func delete() throws(LMDBError) {
    try check(opened, "open a cursor")
    try check(mdb_cursor_del(pointer, 0), "delete at a cursor")
  }

  @usableFromInline
  func put(_ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, append: Bool)
    throws(LMDBError)
  {
    try check(opened, "open a cursor")
    var key = MDB_val(key)
    var value = MDB_val(value)
    let flags = append ? UInt32(MDB_APPEND) : 0
    try check(mdb_cursor_put(pointer, &key, &value, flags), "put at a cursor")
  }
}
