import FoundationEssentials
import QueueCore

/// What q-export writes, and q-import reads: a line an object, each with one member that says what it is.
enum ExportLines {
  /// The form of these lines; q-import takes no other.
  static let version = 1

  static func head(_ store: String, _ now: Timestamp) -> String {
    line { writer in
      writer.member("q_export", version)
      writer.member("store", store)
      writer.member("exported", exact: now)
    }
  }

  /// What comes last: how many items there were.
  static func end(_ items: UInt64) -> String { line { $0.member("q_export_end", items) } }

  static func line(_ queue: StoredQueue) -> String {
    object("queue") { writer in
      writer.member("name", queue.name.text)
      for setting in Setting.ofQueues + Setting.ofUnits(in: queue.settings) {
        let text = setting.text(in: queue.settings)
        if !text.isEmpty { writer.member(setting.key, text) }
      }
      switch queue.settings.pause {
      case nil: break
      case .indefinite?: writer.member("paused", true)
      case .until(let end)?: writer.member("paused_until", exact: end)
      }
      if queue.nextEnd > 0 { writer.member("next_end", queue.nextEnd) }
      writer.amounts("spent_by_removed", queue.spent)
      if !queue.feeders.isEmpty {
        writer.member("fed_by", queue.feeders.map { Array($0.text.utf8) })
      }
      if !queue.readers.isEmpty {
        writer.name("readers")
        writer.object { writer in
          for (reader, end) in queue.readers.sorted(by: { $0.key.text < $1.key.text }) {
            writer.member(reader.text, end)
          }
        }
      }
    }
  }

  static func line(_ group: GroupSummary, of queue: QueueName) -> String? {
    guard let name = group.name, group.settings != GroupSettings() else { return nil }
    return object("group") { writer in
      writer.member("queue", queue.text)
      writer.member("name", name.bytes)
      if let limit = group.settings.limit { writer.member("limit", limit) }
      if let rate = group.settings.rate { writer.member("rate", RateArgument.text(rate)) }
    }
  }

  /// Sealed where all of its items have been written; so many they were.
  static func line(_ batch: BatchSummary, isSealed: Bool, items: UInt64) -> String {
    object("batch") { writer in
      writer.member("name", batch.name.bytes)
      writer.member("sealed", isSealed)
      writer.member("items", items)
    }
  }

  static func line(_ id: StoredID, of queue: QueueName) -> String {
    object("pruned") { writer in
      writer.member("queue", queue.text)
      writer.member("id", id.id.bytes)
      writer.member("status", id.status.rawValue)
      writer.member("fingerprint", Data(id.fingerprint).base64EncodedString())
    }
  }

  static func line(_ stored: StoredItem, of queue: QueueName) -> String {
    object("item") { writer in
      let item = stored.item
      writer.member("queue", queue.text)
      writer.member("id", item.id.bytes)
      writer.member("status", item.state.status.rawValue)
      writer.member("priority", item.key.priority)
      if let payload = stored.payload { writer.member("payload", payload) }
      if let group = item.group { writer.member("group", group.bytes) }
      if let batch = item.batch { writer.member("batch", batch.bytes) }
      for (name, end) in [("after", BatchEnd.complete), ("after_any", .ended)] {
        let batches = item.awaited.filter { $0.end == end }.map(\.batch.bytes)
        if !batches.isEmpty { writer.member(name, batches) }
      }
      writer.member("enqueued", exact: item.enqueuedAt)
      writer.counts(item.state.tally)
      writer.exactly(item.state)
      if let recipe = item.recipe { writer.member("recipe", recipe.text) }
      writer.amounts("spent", item.spent)
      if let output = stored.output {
        writer.member("stdout", output.output)
        writer.member("stderr", output.error)
      }
      if let end = stored.end { writer.member("end", end) }
      switch stored.result?.form {
      case .bytes?: writer.member("result", stored.result?.bytes ?? [])
      case .text?: writer.member("result_text", stored.result?.bytes ?? [])
      case .json?: writer.member("result_json", stored.result?.bytes ?? [])
      case nil: break
      }
    }
  }

  private static func object(
    _ kind: String, _ members: (inout JSONWriter) -> Void
  ) -> String {
    line { writer in
      writer.name(kind)
      writer.object(members)
    }
  }

  private static func line(_ members: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    writer.object(members)
    return writer.text + "\n"
  }
}

extension JSONWriter {
  /// A moment to the microsecond, in RFC 3339.
  fileprivate mutating func member(_ name: String, exact moment: Timestamp) {
    member(name, moment.exactText)
  }

  /// Amounts as text, which no reader of JSON rounds.
  fileprivate mutating func amounts(_ name: String, _ amounts: Amounts) {
    guard !amounts.isEmpty else { return }
    self.name(name)
    object { writer in
      for (unit, amount) in amounts.sorted(by: { $0.key < $1.key }) {
        writer.member(unit.text, amount.text)
      }
    }
  }

  fileprivate mutating func counts(_ tally: Tally) {
    for (name, count) in [
      ("attempts", tally.attempts), ("crashes", tally.crashes), ("timeouts", tally.timeouts),
      ("deferrals", tally.deferrals), ("losses", tally.losses),
    ] where count > 0 {
      member(name, count)
    }
  }

  fileprivate mutating func exactly(_ state: ItemState) {
    switch state {
    case .pending: break
    case .processing(let hold): member("since", exact: hold.since)
    case .delayed(let delay):
      if delay.until.microseconds != 0 { member("until", exact: delay.until) }
      member("reason", delay.reason.name)
      if let run = delay.lastRun { exactly(run) }
    case .done(let ending), .failed(let ending):
      member("reason", ending.reason.name)
      exactly(ending.run)
    }
  }

  private mutating func exactly(_ run: RunSummary) {
    switch run.exit {
    case .exited(let status)?: member("exit", status)
    case .signalled(let signal)?: member("signal", signal)
    case .notStarted(let code)?: member("errno", code)
    case nil: break
    }
    member("started", exact: run.startedAt)
    member("ended", exact: run.endedAt)
    if !run.message.isEmpty { member("message", run.message) }
  }
}

extension Timestamp {
  /// RFC 3339 with six digits behind the point.
  fileprivate var exactText: String {
    let (quotient, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let (seconds, fraction) = rest < 0 ? (quotient - 1, rest + 1_000_000) : (quotient, rest)
    let text = Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle())
    let digits = String(fraction)
    return text.dropLast() + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
  }
}
