import CPostgres

/// What a statement came to: rows of bytes, for as long as this is kept.
public final class Answer {
  private let result: OpaquePointer

  init(_ result: OpaquePointer) { self.result = result }

  deinit { PQclear(result) }

  /// Its rows.
  public var count: Int { Int(PQntuples(result)) }

  /// How many rows a change has met.
  public var changed: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

  /// A field, as long as this object is kept; nil: NULL.
  public func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
    let (row, column) = (Int32(row), Int32(column))
    guard PQgetisnull(result, row, column) == 0 else { return nil }
    return UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
  }

  /// A field as text; nil: NULL.
  public func text(_ row: Int, _ column: Int) -> String? {
    bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A field that is a number in decimal digits; nil: NULL, or no number.
  public func number(_ row: Int, _ column: Int) -> Int64? {
    text(row, column).flatMap { Int64($0) }
  }

  /// A field that is a `bigint`, as statements with parameters give it; nil: NULL, or another length.
  public func integer(_ row: Int, _ column: Int) -> Int64? {
    guard row < count, let bytes = bytes(row, column), bytes.count == 8 else { return nil }
    return bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  /// Whether a field says `t`, as a boolean does.
  public func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }
}
