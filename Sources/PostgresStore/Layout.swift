import OrderedStore
import Postgres
import QueueLogic

/// The names of a store's tables in the database, as SQL takes them.
struct Layout {
  /// The schema, as SQL takes it.
  let schema: String
  private let tables: [String]

  init(schema name: String) {
    let schema = SQL.name(name)
    self.schema = schema
    tables = OrderedQueueStore.tables.map { "\(schema).\(Self.name(of: $0))" }
    let names = tables.map(SQL.literal).joined(separator: ", ")
    missing = Statement(
      "SELECT name FROM unnest(ARRAY[\(names)]) name WHERE to_regclass(name) IS NULL")
  }

  /// Asks which tables are not there: their names.
  let missing: Statement

  /// The name of a table, as SQL takes it.
  subscript(table: Table) -> String { tables[table.number] }
  /// The same of the table of that number.
  subscript(number: Int) -> String { tables[number] }

  /// A table's name in the schema; views have the names that people look for.
  static func name(of table: Table) -> String {
    "raw_" + String("\(table.name)".map { $0 == "-" ? "_" : $0 })
  }

  /// One row: who holds it writes.
  var writer: String { "\(schema).writer" }
  /// One row a worker that others see to live by it.
  var beats: String { "\(schema).beats" }
  /// Whether the worker of a row of ``beats`` is registered: a row outlives a worker that others have taken off.
  var isRegistered: String {
    "EXISTS (SELECT 1 FROM \(schema).raw_workers WHERE key = decode(lpad(to_hex(worker), 16, '0'), 'hex'))"
  }
}
