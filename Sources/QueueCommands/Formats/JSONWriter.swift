import FoundationEssentials
import JSONText
import QueueCore

/// Builds one line of JSON, with the members in the order in which they are put.
///
/// Foundation's encoder cannot: it sorts members or shuffles them, and takes no bytes that are not
/// UTF-8.
struct JSONWriter {
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
    try nest("{", "}", members)
  }

  mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
    try nest("[", "]", elements)
  }

  private mutating func nest(
    _ open: String, _ close: String, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    text += open
    needsComma = false
    try body(&self)
    text += close
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { text += "," }
    needsComma = true
  }

  /// An object that says what it is of: its version, a queue, and these members.
  static func text(
    of queue: QueueName, _ members: (inout JSONWriter) throws -> Void
  ) rethrows -> String {
    var writer = JSONWriter()
    try writer.object { writer in
      writer.member("version", 1)
      writer.member("queue", queue.text)
      try members(&writer)
    }
    return writer.text
  }

  /// Starts a member; its value must follow.
  mutating func name(_ name: String) {
    separate()
    text += Self.quoted(name) + ":"
    needsComma = false
  }

  mutating func member(_ name: String, _ value: String) {
    self.name(name)
    self.value(value)
  }

  mutating func member(_ name: String, _ value: some BinaryInteger) {
    self.name(name)
    self.value(value)
  }

  mutating func member(_ name: String, _ value: Bool) {
    self.name(name)
    separate()
    text += value ? "true" : "false"
  }

  /// A moment in RFC 3339, or null.
  mutating func member(_ name: String, _ moment: Timestamp?) {
    if let moment { member(name, moment.rfc3339) } else { null(name) }
  }

  /// To two places behind the point.
  mutating func member(_ name: String, _ value: Double) {
    self.name(name)
    separate()
    text += value.short
  }

  /// A value that is JSON already, on one line.
  mutating func member(_ name: String, verbatim value: String) {
    self.name(name)
    separate()
    text += value
  }

  /// An amount, exactly.
  mutating func member(_ name: String, _ amount: Amount) {
    self.name(name)
    separate()
    text += amount.text
  }

  mutating func null(_ name: String) {
    self.name(name)
    separate()
    text += "null"
  }

  /// Bytes under `name` when they are valid UTF-8, else in base 64 under `name_b64`.
  mutating func member(_ name: String, _ bytes: [UInt8]) {
    if let valid = String(validating: bytes, as: UTF8.self) {
      member(name, valid)
    } else {
      member(name + "_b64", Data(bytes).base64EncodedString())
    }
  }

  /// Byte strings under `name` when they are valid UTF-8, the others in base 64 under `name_b64`.
  mutating func member(_ name: String, _ all: [[UInt8]]) {
    let texts = all.map { String(validating: $0, as: UTF8.self) }
    self.name(name)
    array { writer in for case let text? in texts { writer.value(text) } }
    guard texts.contains(nil) else { return }
    self.name(name + "_b64")
    array { writer in
      for (bytes, text) in zip(all, texts) where text == nil {
        writer.value(Data(bytes).base64EncodedString())
      }
    }
  }

  mutating func value(_ value: String) {
    separate()
    text += Self.quoted(value)
  }

  mutating func value(_ value: some BinaryInteger) {
    separate()
    text += "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    var quoted: [UInt8] = []
    JSONString.put(Array(text.utf8), into: &quoted)
    return String(decoding: quoted, as: UTF8.self)
  }
}

extension Timestamp {
  /// The moment in RFC 3339, UTC, to the millisecond.
  var rfc3339: String {
    Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}
