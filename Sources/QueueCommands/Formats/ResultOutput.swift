import JSONText
import QueueCore

/// Ends on their way out.
struct ResultOutput: ~Copyable {
  enum Form {
    case json, raw
    /// What each result ends with, unless it does already.
    case separated(UInt8)
  }

  let form: Form
  let queue: QueueName
  /// nil: both.
  let status: Status?
  private var output = DataOutput()

  init(form: Form, queue: QueueName, status: Status?) {
    (self.form, self.queue, self.status) = (form, queue, status)
  }

  /// Writes an end; false when there is nothing of it to be written.
  mutating func write(_ end: ItemEnd) throws -> Bool {
    if let status, end.status != status { return false }
    if case .json = form {
      var writer = JSONWriter()
      writer.value(end, of: queue)
      try output.write(writer.text + "\n")
      return true
    }
    guard let result = end.result else { return false }
    try output.write(result.bytes)
    if case .separated(let end) = form, end == 0 || result.bytes.last != end {
      try output.write([end])
    }
    return true
  }

  mutating func flush() throws { try output.flush() }
}

extension JSONWriter {
  /// An end, with its item.
  mutating func value(_ end: ItemEnd, of queue: QueueName) {
    object { writer in
      writer.member("end", end.number)
      writer.member("queue", queue.text)
      if let item = end.item { writer.member("id", item.id.bytes) }
      writer.member("status", end.status.rawValue)
      if let item = end.item { writer.members(ofEnd: item) }
      if let result = end.result { writer.member(result) }
    }
  }

  private mutating func members(ofEnd item: Item) {
    member("attempts", item.state.tally.attempts)
    switch item.state {
    case .done(let ending), .failed(let ending):
      member("ended", ending.run.endedAt)
      member("duration_ms", (ending.run.endedAt - ending.run.startedAt).wholeMicroseconds / 1_000)
      if case .exited(let status)? = ending.run.exit { member("exit", status) }
      if !ending.run.message.isEmpty { member("note", ending.run.message) }
    case .pending, .delayed, .processing: break
    }
    if let recipe = item.recipe { member("recipe", recipe.text) }
    if !item.spent.isEmpty { member("spent", item.spent) }
  }

  /// A result, as JSON where it is that.
  private mutating func member(_ result: ItemResult) {
    if result.form != .text, let value = Self.json(result.bytes) {
      member("json", verbatim: value)
    } else {
      member("result", result.bytes)
    }
  }

  /// JSON on one line; nil when bytes are none.
  private static func json(_ bytes: [UInt8]) -> String? {
    let isValue = bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      scanner.passSpace()
      guard (try? scanner.passValue()) != nil else { return false }
      scanner.passSpace()
      return scanner.at == bytes.count
    }
    guard isValue else { return nil }
    // Outside of strings a line may end.
    let line = bytes.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }
    let text = String(decoding: line, as: UTF8.self)
    let edges = { (character: Character) in character == " " || character == "\t" }
    return String(
      text.drop(while: edges).reversed().drop(while: edges).reversed())
  }
}
