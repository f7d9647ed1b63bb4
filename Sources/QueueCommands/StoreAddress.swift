import QueueCore

/// Where a store is, and the engine that opens it: `SCHEME:PLACE`, or a place alone.
struct StoreAddress {
  /// What this program was built with, set before anything else is done.
  nonisolated(unsafe) static var engines: [any StoreEngine] = []

  let engine: any StoreEngine
  let place: String

  /// The address that a text spells; nil when no engine has its scheme.
  init?(_ text: String) {
    let scheme = Self.scheme(of: text)
    guard let engine = Self.engine(scheme) else { return nil }
    self.engine = engine
    place = scheme.map { String(text.dropFirst($0.utf8.count + 1)) } ?? text
  }

  /// What opens the stores of a scheme; without one the first engine does.
  private static func engine(_ scheme: String?) -> (any StoreEngine)? {
    guard let scheme else { return engines.first }
    return engines.first { $0.schemes.contains { $0.name == scheme } }
  }

  /// The whole name of the place.
  var text: String { engine.address(of: place) }

  /// Why a text is no address; nil if it is one.
  static func refusal(of text: String) -> String? {
    guard let scheme = scheme(of: text), engine(scheme) == nil else { return nil }
    // What stands before an @ may hold a password.
    let text = text.contains("@") ? "\(scheme):..." : text
    let known = engines.flatMap(\.schemes).map { "\($0.name):\($0.place)" }
    return
      "no store can be at \(text): an address is a directory, or \(known.joined(separator: ", ")); "
      + "a directory with a colon in its name is ./\(text)"
  }

  /// What stands before the first colon, if it can be a scheme: a letter, then letters, digits, +, - and .
  private static func scheme(of text: String) -> String? {
    guard let end = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let scheme = text.utf8[..<end]
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let others = Set("0123456789+-.".utf8)
    guard let first = scheme.first, letters.contains(first | 0x20),
      scheme.allSatisfy({ letters.contains($0 | 0x20) || others.contains($0) })
    else { return nil }
    return String(text[..<end])
  }
}
