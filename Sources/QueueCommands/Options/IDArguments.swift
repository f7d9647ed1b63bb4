import ArgumentParser
import Glibc
import QueueCore

/// The ids that a command works on: its operands, or else a line each on standard input.
struct IDArguments: ParsableArguments {
  @Flag(
    name: [.customShort("0"), .customLong("null")],
    help: "Ids on standard input end with NUL, not newline.")
  var nul = false

  @Argument(help: ArgumentHelp("Ids (default: from standard input).", valueName: "id"))
  var ids: [String] = []

  func validate() throws {
    if ids.contains("") { throw ValidationError("an id is empty") }
    if nul && !ids.isEmpty { throw ValidationError("-0 is for ids on standard input") }
  }

  /// Hands over the ids, in batches that come when there are enough or no more come for a moment.
  /// Gives back how many lines were no ids; each was named.
  func forEachBatch(
    of command: String, _ body: ([ItemID]) throws -> Void
  ) throws -> UInt64 {
    guard ids.isEmpty else {
      try body(try Self.operands(ids))
      return 0
    }
    guard isatty(STDIN_FILENO) != 1 else {
      throw CommandError(.usage, "standard input is a terminal: name ids, or pipe them in")
    }
    let form = "an id is 1 to 65,535 bytes without NUL"
    let lines = LineBatches(
      command: command, separator: nul ? 0 : UInt8(ascii: "\n"), limit: ItemID.maximumLength,
      tooLong: form)
    return try lines.forEach { (line) throws(BadLine) in
      guard let id = ItemID(Array(line)) else { throw BadLine(why: form) }
      return id
    } _: {
      try body($0)
    }
  }

  /// Operands as bytes: what is not UTF-8 is damaged in `ids` and whole in argv.
  static func operands(_ ids: [String]) throws -> [ItemID] {
    var raw: [String: [[UInt8]]] = [:]
    for bytes in ProcessArguments.bytes.dropFirst() {
      raw[String(decoding: bytes, as: UTF8.self), default: []].append(bytes)
    }
    return try ids.map { text in
      let bytes = raw[text]?.isEmpty == false ? raw[text]?.removeFirst() : nil
      guard let id = ItemID(bytes ?? Array(text.utf8)) else {
        throw CommandError(.usage, "an id is over \(ItemID.maximumLength.grouped) bytes")
      }
      return id
    }
  }
}
