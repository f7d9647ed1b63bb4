import CPostgres

/// What a server, or the way to it, said.
public struct PostgresError: Error, Hashable, Sendable {
  /// Five letters that the server names the failure by; empty where it was not the server who spoke.
  public var state: String
  /// What was said, in one line.
  public var message: String
  /// Whether the connection is gone.
  public var isLost: Bool
  /// Of several groups that were sent together: the one that failed.
  public var group = 0

  init(_ state: String, _ message: String, isLost: Bool) {
    self.state = state
    self.message = Self.line(message)
    self.isLost = isLost
  }

  /// The server, or the store on it, is none that this program can use; `state` as if the server had said it.
  public init(refused message: String, _ state: String = "") {
    self.init(state, message, isLost: false)
  }

  /// What was said while a connection was made, in many words: `FATAL:  28P01: password ...`, then where in the
  /// server. The first word is in the server's language. `state` is what is known without the server.
  init(connecting message: String, _ state: String) {
    let lines = message.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("LOCATION:") }
    var (state, kept) = (state, "")
    for line in lines {
      var line = String(line)
      if let match = line.firstMatch(of: #/(^|: )[^:]+:  ([0-9A-Z]{5}): /#) {
        (state, line) = (
          String(match.2), line.replacing(match.0, with: match.1, maxReplacements: 1)
        )
      }
      kept += (kept.isEmpty ? "" : "\n") + line
    }
    self.init(state, kept, isLost: true)
  }

  /// Without the words that every message begins with, and in one line.
  private static func line(_ message: String) -> String {
    var lines = message.split(whereSeparator: \.isNewline).map {
      String($0.drop { $0 == " " || $0 == "\t" })
    }
    for (place, line) in lines.enumerated() {
      for start in ["ERROR:  ", "FATAL:  ", "ERROR: ", "FATAL: "] where line.hasPrefix(start) {
        lines[place] = String(line.dropFirst(start.count))
      }
    }
    let text = lines.filter { !$0.isEmpty }.reduce("") { text, line in
      // A sentence may go on in the next line.
      text + (text.isEmpty ? "" : line.first?.isLowercase ?? false ? " " : ": ") + line
    }
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
