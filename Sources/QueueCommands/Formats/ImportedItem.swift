import QueueCore

/// An item as a line of q-export says it. Of what others write an id is enough.
struct ImportedItem: Decodable {
  var queue: String?
  var id: String?
  var id_b64: String?
  var status: String?
  var priority: UInt8?
  var payload: String?
  var payload_b64: String?
  var group: String?
  var group_b64: String?
  var batch: String?
  var batch_b64: String?
  var after: [String]?
  var after_b64: [String]?
  var after_any: [String]?
  var after_any_b64: [String]?
  var enqueued: String?
  var attempts: UInt32?
  var crashes: UInt32?
  var timeouts: UInt32?
  var deferrals: UInt32?
  var losses: UInt32?
  var until: String?
  var reason: String?
  var exit: UInt8?
  var signal: UInt8?
  var errno: Int32?
  var started: String?
  var ended: String?
  var message: String?
  var message_b64: String?
  var recipe: String?
  var spent: [String: String]?
  var stdout: String?
  var stdout_b64: String?
  var stderr: String?
  var stderr_b64: String?
  var end: UInt64?
  var result: String?
  var result_b64: String?
  var result_text: String?
  var result_text_b64: String?
  var result_json: String?

  func item(_ now: Timestamp) throws(BadLine) -> StoredItem {
    let id = try ImportLine.bytes(id, id_b64, "id")
    let (group, batch) = (
      try ImportLine.bytes(group, group_b64, "group"),
      try ImportLine.bytes(batch, batch_b64, "batch")
    )
    var item = Item(
      key: ItemKey(queue: 0, priority: priority ?? 128, sequence: 0),
      id: try ImportLine.given(id.flatMap { ItemID($0) }, "an id"), payloadLength: nil,
      enqueuedAt: try ImportLine.moment(enqueued, "enqueued") ?? now, state: try state(now))
    if let group { item.group = try ImportLine.given(GroupName(group), "a group") }
    if let batch { item.batch = try ImportLine.given(BatchName(batch), "a batch") }
    item.awaited = try awaited()
    if let recipe { item.recipe = try ImportLine.given(Recipe(recipe), "a recipe") }
    item.spent = try ImportLine.amounts(spent)
    var stored = StoredItem(item)
    stored.payload = try ImportLine.bytes(payload, payload_b64, "payload")
    guard stored.payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      throw BadLine(why: "its payload is over 16 MiB")
    }
    let (out, error) = (
      try ImportLine.bytes(stdout, stdout_b64, "stdout"),
      try ImportLine.bytes(stderr, stderr_b64, "stderr")
    )
    if out != nil || error != nil {
      stored.output = KeptOutput(output: out ?? [], error: error ?? [])
    }
    stored.end = end
    stored.result = try foundResult()
    return stored
  }

  private func foundResult() throws(BadLine) -> ItemResult? {
    let text = try ImportLine.bytes(result_text, result_text_b64, "result_text")
    if let text { return ItemResult(text, form: .text) }
    if let result_json { return ItemResult(Array(result_json.utf8), form: .json) }
    return try ImportLine.bytes(result, result_b64, "result").map { ItemResult($0) }
  }

  private func awaited() throws(BadLine) -> [Prerequisite] {
    var all: [Prerequisite] = []
    for (texts, coded, end) in [
      (after, after_b64, BatchEnd.complete), (after_any, after_any_b64, .ended),
    ] {
      for name in (texts ?? []) {
        all.append(
          Prerequisite(try ImportLine.given(BatchName(Array(name.utf8)), "a batch"), end))
      }
      for name in (coded ?? []) {
        let bytes = try ImportLine.bytes(nil, name, "after")
        all.append(
          Prerequisite(try ImportLine.given(bytes.flatMap { BatchName($0) }, "a batch"), end))
      }
    }
    return all
  }

  private func state(_ now: Timestamp) throws(BadLine) -> ItemState {
    let tally = Tally(
      attempts: attempts ?? 0, crashes: crashes ?? 0, timeouts: timeouts ?? 0,
      deferrals: deferrals ?? 0, losses: losses ?? 0)
    guard let status = Status(rawValue: self.status ?? "pending") else {
      throw BadLine(why: "its status is none of pending, delayed, processing, done and failed")
    }
    switch status {
    // Who had claimed it is not here.
    case .pending, .processing: return .pending(tally)
    case .delayed:
      let reason = try named(Delay.Reason.all, or: .scheduled)
      return .delayed(
        Delay(
          tally: tally, until: try ImportLine.moment(until, "until") ?? Timestamp(microseconds: 0),
          reason: reason, lastRun: started == nil ? nil : try run(now),
          awaited: reason == .awaiting ? [Awaited(batch: 0, end: .complete, round: 0)] : []))
    case .done:
      return .done(
        Ending(
          tally: tally, reason: try named(Ending.Reason.all, or: .succeeded), run: try run(now)))
    case .failed:
      return .failed(
        Ending(tally: tally, reason: try named(Ending.Reason.all, or: .failed), run: try run(now)))
    }
  }

  private func named<Reason>(_ all: [String: Reason], or other: Reason) throws(BadLine) -> Reason {
    guard let reason else { return other }
    guard let found = all[reason] else { throw BadLine(why: "its reason is none: \(reason)") }
    return found
  }

  private func run(_ now: Timestamp) throws(BadLine) -> RunSummary {
    let ended = try ImportLine.moment(ended, "ended") ?? now
    let exit: RunExit? =
      self.exit.map { .exited($0) } ?? signal.map { .signalled($0) }
      ?? errno.map { .notStarted($0) }
    return RunSummary(
      exit: exit, startedAt: try ImportLine.moment(started, "started") ?? ended, endedAt: ended,
      message: try ImportLine.bytes(message, message_b64, "message") ?? [])
  }
}

extension Delay.Reason {
  fileprivate static var all: [String: Delay.Reason] {
    Dictionary(
      uniqueKeysWithValues: [.scheduled, .backoff, .deferred, .awaiting].map { ($0.name, $0) })
  }
}

extension Ending.Reason {
  fileprivate static var all: [String: Ending.Reason] {
    Dictionary(
      uniqueKeysWithValues: [.succeeded, .failed, .crashed, .timedOut, .deferredTooOften, .poison]
        .map { ($0.name, $0) })
  }
}

/// A queue as a line of q-export says it: its settings are text, by their keys.
struct ImportedQueue: Decodable {
  private let members: [String: Value]

  init(from decoder: any Decoder) throws {
    members = try decoder.singleValueContainer().decode([String: Value].self)
  }

  /// What a member can be.
  private enum Value: Decodable {
    case text(String)
    case number(UInt64)
    case flag(Bool)
    case list([String])
    case numbers([String: UInt64])
    case texts([String: String])
    case other

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let text = try? value.decode(String.self) {
        self = .text(text)
      } else if let flag = try? value.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? value.decode(UInt64.self) {
        self = .number(number)
      } else if let list = try? value.decode([String].self) {
        self = .list(list)
      } else if let numbers = try? value.decode([String: UInt64].self) {
        self = .numbers(numbers)
      } else if let texts = try? value.decode([String: String].self) {
        self = .texts(texts)
      } else {
        self = .other
      }
    }
  }

  func queue() throws(BadLine) -> StoredQueue {
    guard case .text(let name)? = members["name"], let name = QueueName(name) else {
      throw BadLine(why: "the queue has no name that is one")
    }
    var queue = StoredQueue(name, settings: QueueSettings())
    for (key, value) in members {
      switch (key, value) {
      case ("paused", .flag(true)): queue.settings.pause = .indefinite
      case ("paused_until", .text(let text)):
        queue.settings.pause = try ImportLine.moment(text, "paused_until").map { .until($0) }
      case ("next_end", .number(let number)): queue.nextEnd = number
      case ("spent_by_removed", .texts(let spent)): queue.spent = try ImportLine.amounts(spent)
      case ("fed_by", .list(let names)): queue.feeders = names.compactMap { QueueName($0) }
      case ("readers", .numbers(let readers)):
        for (name, end) in readers {
          queue.readers[try ImportLine.given(ReaderName(name), "a reader's name")] = end
        }
      case (_, .text(let text)):
        guard let setting = Setting(key: key[...], among: Setting.ofQueues) else { continue }
        guard setting.set(text, in: &queue.settings) else {
          throw BadLine(why: "not a value for \(key): \(text): it takes \(setting.form)")
        }
      default: continue
      }
    }
    return queue
  }
}
