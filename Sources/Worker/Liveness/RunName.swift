import QueueCore

/// Names one run of a handler, for ever: its lock, its record and its control file go by this.
///
/// A run carries one claim or many; its number is that of the first one's token, which no other claim
/// ever has.
struct RunName: Hashable, Sendable {
  let number: UInt64
  /// The value of `Q_TOKEN`, by which what the run has started is found.
  let text: [UInt8]

  /// A run that carries this claim alone: its token is the claim's.
  init(ofClaim token: Token) {
    number = token.number
    text = Array(token.text.utf8)
  }

  /// A run that carries many claims, of a store that gives tokens of this incarnation.
  init(number: UInt64, incarnation: UInt64) {
    self.number = number
    text = Array("r\(String(number, radix: 16)).\(String(incarnation, radix: 16))".utf8)
  }

  /// The run that a text names, if it is one of a store that gives tokens of this incarnation.
  init?(text: [UInt8], incarnation: UInt64) {
    let words = String(decoding: text, as: UTF8.self)
    if let token = Token(words), token.incarnation == incarnation {
      self.init(ofClaim: token)
    } else if words.hasPrefix("r"), let end = words.firstIndex(of: "."),
      let number = UInt64(words[..<end].dropFirst(), radix: 16)
    {
      self.init(number: number, incarnation: incarnation)
      guard self.text == text else { return nil }
    } else {
      return nil
    }
  }
}
