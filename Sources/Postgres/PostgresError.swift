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

  /// The server is none that this program can use.
  public init(refused message: String) { self.init("", message, isLost: false) }

  /// What was said while a connection was made, in many words: `FATAL:  28P01: password ...`, then where in the
  /// server.
  init(connecting message: String) {
    let lines = message.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("LOCATION:") }
    var (state, kept) = ("", "")
    for line in lines {
      var line = String(line)
      if let range = line.firstRange(of: #/[A-Z]+: +[0-9A-Z]{5}: /#) {
        state = String(line[range].suffix(7).prefix(5))
        line.removeSubrange(range)
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
    return lines.filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
