import OrderedStore
import Postgres
import QueueLogic

/// What a store is made of in a database.
enum Schema {
  /// The sub-databases through which every item goes: emptied as fast as they are filled.
  static let busy: Set<String> = [
    "pending", "delayed", "due", "processing", "leases", "grouped", "turns", "queues", "groups",
  ]

  /// Makes a table of keys and values; one that is there stays.
  static func table(_ name: String) -> String {
    "CREATE TABLE IF NOT EXISTS \(name) (key bytea PRIMARY KEY, value bytea NOT NULL) "
      + "WITH (fillfactor = 90)"
  }

  /// Makes a store without contents, in an open transaction. Whoever makes the same one meanwhile waits; what is
  /// there stays. `schema`: the schema's number, if it is there; somebody else may have made it for this user, who
  /// may make none.
  static func make(_ location: StoreLocation, in schema: Int64?) -> String {
    let layout = location.layout
    var lines = [
      "SELECT pg_advisory_xact_lock(hashtextextended(\(SQL.literal("q " + location.schema)), 0))"
    ]
    if schema == nil { lines.append("CREATE SCHEMA IF NOT EXISTS \(layout.schema)") }
    for table in OrderedQueueStore.tables {
      lines.append(Self.table(layout[table]))
      if busy.contains("\(table.name)") {
        lines.append(
          "ALTER TABLE \(layout[table]) SET (autovacuum_vacuum_scale_factor = 0, "
            + "autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)")
      }
    }
    lines.append(
      "CREATE TABLE IF NOT EXISTS \(layout.writer) (revision bigint NOT NULL, timeline bigint NOT NULL) "
        + "WITH (fillfactor = 10)")
    lines.append(
      "CREATE TABLE IF NOT EXISTS \(layout.beats) (worker bigint PRIMARY KEY, place text NOT NULL, "
        + "lease bigint NOT NULL, beat bigint NOT NULL) WITH (fillfactor = 10)")
    return (lines + Views.make(layout.schema)).map { $0 + ";\n" }.joined()
  }
}

/// What people see with psql: the queues and the items, read from the records.
private enum Views {
  private static let statuses = ["pending", "delayed", "processing", "done", "failed"]

  static func make(_ schema: String) -> [String] {
    let items = statuses.map { "SELECT key, '\($0)' AS status FROM \(schema).raw_\($0)" }
      .joined(separator: " UNION ALL ")
    return [
      """
      CREATE OR REPLACE FUNCTION \(schema).number(bytes bytea, start int, length int) RETURNS bigint
      LANGUAGE sql IMMUTABLE AS
      $$ SELECT ('x' || lpad(encode(substring(bytes FROM start FOR length), 'hex'), 16, '0'))::bit(64)::bigint $$
      """,
      """
      CREATE OR REPLACE FUNCTION \(schema).shown(bytes bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
      $$ BEGIN RETURN convert_from(bytes, 'UTF8');
         EXCEPTION WHEN others THEN RETURN encode(bytes, 'escape'); END $$
      """,
      """
      CREATE OR REPLACE FUNCTION \(schema).moment(micros bigint) RETURNS timestamptz
      LANGUAGE sql IMMUTABLE AS $$ SELECT to_timestamp(micros / 1000000.0) $$
      """,
      """
      CREATE OR REPLACE FUNCTION \(schema).id(item bytea) RETURNS text LANGUAGE sql IMMUTABLE AS
      $$ SELECT \(schema).shown(CASE WHEN get_byte(item, 9) < 128
           THEN substring(item FROM 11 FOR get_byte(item, 9))
           ELSE substring(item FROM 12 FOR get_byte(item, 9) - 128 + get_byte(item, 10) * 128) END) $$
      """,
      """
      CREATE OR REPLACE VIEW \(schema).queues AS
      SELECT \(schema).shown(n.key) AS queue, \(schema).number(n.value, 1, 4) AS number,
        \(counts(schema))
      FROM \(schema).raw_names n JOIN \(schema).raw_queues q ON q.key = n.value
      """,
      """
      CREATE OR REPLACE VIEW \(schema).items AS
      SELECT \(schema).shown(n.key) AS queue, \(schema).id(i.value) AS id, s.status,
        get_byte(s.key, 4) AS priority, \(schema).moment(\(schema).number(i.value, 1, 8)) AS enqueued
      FROM (\(items)) s JOIN \(schema).raw_items i ON i.key = s.key
      JOIN \(schema).raw_names n ON n.value = substring(s.key FROM 1 FOR 4)
      """,
    ]
  }

  /// The counts of a queue's record, behind its next sequence.
  private static func counts(_ schema: String) -> String {
    statuses.enumerated().map { place, status in
      "\(schema).number(q.value, \(9 + 8 * place), 8) AS \(status)"
    }.joined(separator: ", ")
  }
}
