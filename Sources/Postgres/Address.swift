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
    var kept: [Substring] = []
    let parts = place.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = words.first.map(String.init), names.contains(name) else {
        kept.append(pair)
        continue
      }
      own[name] = Self.decoded(words.count > 1 ? words[1] : "")
    }
    let query = kept.isEmpty ? "" : "?" + kept.joined(separator: "&")
    options = try Self.parsed("postgres:\(parts.first ?? "")\(query)")
    shown = "postgres:" + Self.withoutPassword(place)
  }

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

  /// What a parameter says, with `%20` and the like read.
  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let code = UInt8(Substring(rest.prefix(2)), radix: 16) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func withoutPassword(_ place: String) -> String {
    var shown = place
    if place.hasPrefix("//"), let at = place.firstIndex(of: "@"),
      let colon = place.dropFirst(2).firstIndex(of: ":"), colon < at,
      !place[..<at].dropFirst(2).contains("/")
    {
      shown.replaceSubrange(colon..<at, with: "")
    }
    let parts = shown.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count > 1 else { return shown }
    let kept = parts[1].split(separator: "&").filter { !$0.hasPrefix("password=") }
    return String(parts[0]) + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
  }
}
