import Postgres

/// What is asked of one table.
struct Request {
  enum Kind {
    /// These keys.
    case keys([[UInt8]])
    /// These keys, which lie close together.
    case near(Span)
    /// Up to so many entries from a key on.
    case page(from: [UInt8], limit: Int)
  }

  /// Keys, and the range that they lie in.
  struct Span {
    var keys: [[UInt8]]
    var first: [UInt8]
    var last: [UInt8]
    /// When the range has as many entries the keys are looked up one by one.
    var limit: Int { keys.count * 2 }
  }

  /// From so many keys on one look at their range costs less than a look for each.
  private static let fewestInSpan = 16

  var table: Int
  var kind: Kind
  /// Of a page: tables whose entries of the same keys come along.
  var others: [Int] = []

  static func key(_ key: UnsafeRawBufferPointer, _ table: Int) -> Request {
    Request(table: table, kind: .keys([Array(key)]))
  }

  static func near(_ keys: [[UInt8]], _ table: Int) -> Request {
    guard keys.count >= fewestInSpan,
      let first = keys.min(by: { $0.lexicographicallyPrecedes($1) }),
      let last = keys.max(by: { $0.lexicographicallyPrecedes($1) })
    else { return Request(table: table, kind: .keys(keys)) }
    return Request(table: table, kind: .near(Span(keys: keys, first: first, last: last)))
  }

  static func page(from key: UnsafeRawBufferPointer, _ limit: Int, _ table: Int) -> Request {
    Request(table: table, kind: .page(from: Array(key), limit: limit))
  }
}

/// Several requests as one statement, whose rows say which they are of: for the server each statement costs more than
/// a lookup does.
struct Requests {
  /// What stands in the first column of a row that has the moment instead.
  private static let clock = -1
  /// Added for each of the other tables of a page.
  private static let otherTag = 1_000

  /// The server's clock, in microseconds since 1970.
  static let moment = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

  private(set) var all: [Request]

  init(_ all: [Request]) { self.all = all }

  mutating func add(_ more: [Request]) { all += more }

  /// The statement; with the server's moment, once it has the rest to do, if that is wanted.
  func statement(_ layout: Layout, withClock: Bool) -> Statement {
    var parts: [String] = []
    var parameter = 0
    func next() -> Int {
      parameter += 1
      return parameter
    }
    for (place, request) in all.enumerated() {
      let select =
        "SELECT \(place)::bigint AS n, key, value FROM \(layout[request.table]) WHERE key"
      switch request.kind {
      case .keys(let keys) where keys.count == 1: parts.append("\(select) = $\(next())::bytea")
      case .keys: parts.append("\(select) = ANY($\(next())::bytea[])")
      case .near:
        let range =
          "SELECT key, value FROM \(layout[request.table]) WHERE key >= $\(next())::bytea "
          + "AND key <= $\(next())::bytea ORDER BY key"
        let limit = "$\(next())::bigint"
        parts.append(
          "(WITH span AS MATERIALIZED (\(range) LIMIT \(limit)) "
            + "SELECT \(place)::bigint AS n, key, value FROM span UNION ALL \(select) "
            + "= ANY($\(next())::bytea[]) AND (SELECT count(*) FROM span) = \(limit))")
      case .page:
        let page = ">= $\(next())::bytea ORDER BY key LIMIT $\(next())::bigint"
        parts.append("(\(select) \(page))")
        for (other, table) in request.others.enumerated() {
          let tag = place + (other + 1) * Self.otherTag
          parts.append(
            "SELECT \(tag)::bigint, o.key, o.value FROM (SELECT key FROM \(layout[request.table]) "
              + "WHERE key \(page)) p JOIN \(layout[table]) o ON o.key = p.key")
        }
      }
    }
    if withClock {
      parts.append("SELECT \(Self.clock)::bigint, int8send(\(Self.moment)), ''::bytea")
    }
    var statement = Statement(parts.joined(separator: " UNION ALL "))
    for request in all {
      switch request.kind {
      case .keys(let keys) where keys.count == 1:
        statement = keys[0].withUnsafeBytes { statement.with($0) }
      case .keys(let keys):
        statement = statement.with(Self.list(keys))
      case .near(let span):
        statement = span.first.withUnsafeBytes { statement.with($0) }
        statement = span.last.withUnsafeBytes { statement.with($0) }
        statement = statement.with(Int64(span.limit)).with(Self.list(span.keys))
      case .page(let from, let limit):
        statement = from.withUnsafeBytes { statement.with($0) }.with(Int64(limit))
      }
    }
    return statement
  }

  private static func list(_ keys: [[UInt8]]) -> BytesList {
    var list = BytesList(room: keys.count * 20)
    for key in keys { key.withUnsafeBytes { list.append($0) } }
    return list
  }

  /// Hands over each row with the place of its request, and which of the other tables it is of, if it is; gives
  /// back the moment if it was asked for.
  @discardableResult
  static func read(
    _ answer: Answer,
    _ body: (
      _ request: Int, _ other: Int?, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> Void
  ) -> Int64? {
    var moment: Int64?
    for row in 0..<answer.count {
      guard let place = answer.integer(row, 0), let key = answer.bytes(row, 1),
        let value = answer.bytes(row, 2)
      else { continue }
      if place == clock {
        moment = answer.integer(row, 1)
      } else {
        let other = Int(place) / otherTag - 1
        body(Int(place) % otherTag, other < 0 ? nil : other, key, value)
      }
    }
    return moment
  }
}
