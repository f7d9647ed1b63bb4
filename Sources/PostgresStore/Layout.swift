import OrderedStore
import Postgres
import QueueLogic

/// The names of a store's tables in the database, and the statements that are sent for them.
struct Layout {
  /// The schema, as SQL takes it.
  let schema: String
  private let tables: [Statements]

  /// The statements of one table; each takes and gives bytes.
  struct Statements {
    let name: String
    let value: Statement
    let values: Statement
    let page: Statement
    let count: Statement
    let delete: Statement
    let put: Statement

    init(_ name: String) {
      self.name = name
      value = Statement("SELECT value FROM \(name) WHERE key = $1::bytea")
      values = Statement("SELECT key, value FROM \(name) WHERE key = ANY($1::bytea[])")
      page = Statement(
        "SELECT key, value FROM \(name) WHERE key >= $1::bytea ORDER BY key LIMIT $2::bigint")
      count = Statement("SELECT count(*) FROM \(name)")
      delete = Statement("DELETE FROM \(name) WHERE key = ANY($1::bytea[])")
      put = Statement(
        "INSERT INTO \(name) SELECT * FROM unnest($1::bytea[], $2::bytea[]) "
          + "ON CONFLICT (key) DO UPDATE SET value = excluded.value")
    }
  }

  init(schema name: String) {
    let schema = Connection.quoted(name)
    self.schema = schema
    tables = OrderedQueueStore.tables.map { Statements("\(schema).\(Self.name(of: $0))") }
  }

  subscript(table: Table) -> Statements { tables[table.number] }
  subscript(number: Int) -> Statements { tables[number] }

  /// A table's name in the schema; views have the names that people look for.
  static func name(of table: Table) -> String {
    "raw_" + String("\(table.name)".map { $0 == "-" ? "_" : $0 })
  }

  /// One row: who holds it writes.
  var writer: String { "\(schema).writer" }
  /// One row a worker that others see to live by it.
  var beats: String { "\(schema).beats" }
}
