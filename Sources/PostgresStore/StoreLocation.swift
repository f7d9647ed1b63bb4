import Postgres
import QueueCore

/// Where a store is: a database, and a schema in it.
struct StoreLocation {
  /// The parameters of an address that are not libpq's.
  private static let parameters: Set<String> = ["schema", "lease", "durable"]
  private static let defaultSchema = "q"
  /// How long a worker lives for others that they do not hear of, unless the address says otherwise, and at least:
  /// renewed once a second, it bears a server that stalls for some.
  private static let lease = (default: Duration.seconds(60), least: Duration.seconds(3))

  /// What libpq is told.
  let options: [String: String]
  let layout: Layout
  /// The name of the schema.
  let schema: String
  let lease: Duration
  /// Whether a server is refused that may lose what it has committed.
  let mustBeDurable: Bool
  /// What messages say; without a password.
  let shown: String
  /// The whole address, for other commands.
  let text: String

  /// The address behind `postgres:`. Throws `.unusable` for one that is none.
  init(_ place: String) throws(StoreError) {
    text = "postgres:" + place
    let address: Address
    do {
      address = try Address(place, own: Self.parameters)
    } catch {
      throw StoreError(
        .unusable,
        "no store can be at \(Address.shown(place)): \(error.message): as in "
          + "postgres://user@host/database?schema=q")
    }
    (options, shown) = (address.options, address.shown)
    schema = address.own["schema"] ?? Self.defaultSchema
    layout = Layout(schema: schema)
    mustBeDurable = address.own["durable"] != "no"
    guard !schema.isEmpty, schema.utf8.count < 64 else {
      throw StoreError(.unusable, "no schema has the name '\(schema)': \(shown)")
    }
    guard let text = address.own["lease"] else {
      lease = Self.lease.default
      return
    }
    guard let length = Duration(text: text), length >= Self.lease.least else {
      throw StoreError(
        .unusable,
        "lease=\(text) is no time of at least \(Self.lease.least.text), like 60s: \(shown)")
    }
    lease = length
  }
}
