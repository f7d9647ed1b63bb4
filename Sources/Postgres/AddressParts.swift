/// The parts of an address as it was typed, so that what is secret in it is never shown.
struct AddressParts {
  /// What stands before the first `?` that is not in a password.
  let head: Substring
  /// What stands behind it: the name of each, and the whole.
  let parameters: [(name: String, pair: Substring)]
  /// What of the head is shown.
  private let shownHead: String
  /// Whether one cannot say where a password ends.
  let isUnclear: Bool

  /// Takes apart what stands behind `postgres:`.
  init(_ place: String) {
    let start = place.hasPrefix("//") ? place.index(place.startIndex, offsetBy: 2) : place.endIndex
    let slash = place[start...].firstIndex(of: "/") ?? place.endIndex
    let at = place[start..<slash].lastIndex(of: "@")
    let mark = place[(at ?? start)...].firstIndex(of: "?") ?? place.endIndex
    head = place[..<mark]
    let rest = place[mark...].dropFirst()
    parameters = rest.split(separator: "&").map { pair in
      (Self.decoded(pair.prefix { $0 != "=" }), pair)
    }
    let user = at.map { place[start..<$0].prefix { $0 != ":" } }
    let (head, last) = (head, head.lastIndex(of: "@"))
    isUnclear = last != at || start == place.endIndex && !place.isEmpty
    if isUnclear {
      shownHead = last.map { "//..." + head[$0...] } ?? "..."
    } else if let at, let user {
      shownHead = "//\(user)\(place[at..<mark])"
    } else {
      shownHead = String(head)
    }
  }

  /// Without a password.
  var shown: String {
    let kept = parameters.filter { !Self.isSecret($0.name) }.map(\.pair)
    return "postgres:" + shownHead + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
  }

  /// Whether there is anything that is not shown.
  var hasSecret: Bool {
    shownHead != head || parameters.contains { Self.isSecret($0.name) }
  }

  private static func isSecret(_ name: String) -> Bool {
    name.contains("password") || name.contains("secret") || name.hasPrefix("scram_")
  }

  /// What a parameter says, with `%20` and the like read.
  static func decoded(_ text: Substring) -> String {
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
}
