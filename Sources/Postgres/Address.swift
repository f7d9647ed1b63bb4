import CPostgres

/// Where a database is, as libpq takes it: an address `postgres://...`, without what is not libpq's.
public struct Address: Hashable, Sendable {
  /// What libpq is told, a keyword and a value each.
  public private(set) var options: [String: String]
  /// What stands behind `?` and is not libpq's.
  public private(set) var own: [String: String] = [:]
  /// Without a password: to be shown.
  public let shown: String

  /// The address `postgres:` with what stands behind the colon; `names` are parameters that are not libpq's.
  /// Throws what libpq says of one that it cannot read.
  public init(_ place: String, own names: Set<String>) throws(PostgresError) {
    let parts = AddressParts(place)
    guard !parts.isUnclear else {
      throw PostgresError(
        refused: "in the names and the password @ is written %40, / %2F and : %3A")
    }
    var kept: [Substring] = []
    for (name, pair) in parts.parameters {
      guard names.contains(name) else {
        kept.append(pair)
        continue
      }
      let value = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      own[name] = AddressParts.decoded(value.count > 1 ? value[1] : "")
    }
    let query = kept.isEmpty ? "" : "?" + kept.joined(separator: "&")
    do throws(PostgresError) {
      options = try Self.parsed("postgres:\(parts.head)\(query)")
    } catch {
      // libpq repeats what it does not understand.
      throw parts.hasSecret ? PostgresError(refused: "it cannot be read") : error
    }
    shown = parts.shown
  }

  /// What can be shown of an address, even of one that cannot be read.
  public static func shown(_ place: String) -> String { AddressParts(place).shown }

  private static func parsed(_ text: String) throws(PostgresError) -> [String: String] {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &message) else {
      let words = message.map { String(cString: $0) } ?? "it cannot be read"
      PQfreemem(message)
      throw PostgresError("", words, isLost: false)
    }
    defer { PQconninfoFree(options) }
    var found: [String: String] = [:]
    var place = options
    while let keyword = place.pointee.keyword {
      if let value = place.pointee.val { found[String(cString: keyword)] = String(cString: value) }
      place += 1
    }
    return found
  }
}
