import QueueCore

/// An item as a line of q-export says it. Of what others write an id is enough.
struct ImportedItem: Decodable {
  var queue: String?
  var id: String?
  var idB64: String?
  var status: String?
  var priority: UInt8?
  var payload: String?
  var payloadB64: String?
  var group: String?
  var groupB64: String?
  var batch: String?
  var batchB64: String?
  var after: [String]?
  var afterB64: [String]?
  var afterAny: [String]?
  var afterAnyB64: [String]?
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
  var messageB64: String?
  var recipe: String?
  var spent: [String: String]?
  var stdout: String?
  var stdoutB64: String?
  var stderr: String?
  var stderrB64: String?
  var end: UInt64?
  var result: String?
  var resultB64: String?
  var resultText: String?
  var resultTextB64: String?
  var resultJson: String?

  func item(_ now: Timestamp) throws(BadLine) -> StoredItem {
    let id = try ImportedValue.bytes(id, idB64, "id")
    let (group, batch) = (
      try ImportedValue.bytes(group, groupB64, "group"),
      try ImportedValue.bytes(batch, batchB64, "batch")
    )
    var item = Item(
      key: ItemKey(queue: 0, priority: priority ?? 128, sequence: 0),
      id: try ImportedValue.given(id.flatMap { ItemID($0) }, "an id"), payloadLength: nil,
      enqueuedAt: try ImportedValue.moment(enqueued, "enqueued") ?? now, state: try state(now))
    if let group { item.group = try ImportedValue.given(GroupName(group), "a group") }
    if let batch { item.batch = try ImportedValue.given(BatchName(batch), "a batch") }
    item.awaited = try awaited()
    if let batch = item.batch, item.awaited.contains(where: { $0.batch == batch }) {
      throw BadLine(why: "a batch cannot wait for itself")
    }
    if let recipe { item.recipe = try ImportedValue.given(Recipe(recipe), "a recipe") }
    item.spent = try ImportedValue.amounts(spent)
    var stored = StoredItem(item)
    stored.payload = try ImportedValue.bytes(payload, payloadB64, "payload")
    guard stored.payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      throw BadLine(why: "its payload is over 16 MiB")
    }
    let (out, error) = (
      try ImportedValue.bytes(stdout, stdoutB64, "stdout"),
      try ImportedValue.bytes(stderr, stderrB64, "stderr")
    )
    if out != nil || error != nil {
      stored.output = KeptOutput(output: out ?? [], error: error ?? [])
    }
    stored.end = end
    guard end ?? 1 < 1 << 62 else { throw BadLine(why: "its end has a number that is never given") }
    stored.result = try foundResult()
    guard stored.result?.bytes.count ?? 0 <= ItemResult.maximumLength else {
      throw BadLine(why: "its result is over 16 MiB")
    }
    return stored
  }

  private func foundResult() throws(BadLine) -> ItemResult? {
    let text = try ImportedValue.bytes(resultText, resultTextB64, "result_text")
    if let text { return ItemResult(text, form: .text) }
    if let resultJson { return ItemResult(Array(resultJson.utf8), form: .json) }
    return try ImportedValue.bytes(result, resultB64, "result").map { ItemResult($0) }
  }

  private func awaited() throws(BadLine) -> [Prerequisite] {
    var all: [Prerequisite] = []
    for (texts, coded, end) in [
      (after, afterB64, BatchEnd.complete), (afterAny, afterAnyB64, .ended),
    ] {
      var names = (texts ?? []).map { Array($0.utf8) }
      for name in coded ?? [] { names.append(try ImportedValue.bytes(nil, name, "after") ?? []) }
      for name in names {
        let one = Prerequisite(try ImportedValue.given(BatchName(name), "a batch"), end)
        if !all.contains(one) { all.append(one) }
      }
    }
    return all
  }

  private func state(_ now: Timestamp) throws(BadLine) -> ItemState {
    let tally = Tally(
      attempts: attempts ?? 0, crashes: crashes ?? 0, timeouts: timeouts ?? 0,
      deferrals: deferrals ?? 0, losses: losses ?? 0)
    guard ![attempts, crashes, timeouts, deferrals, losses].contains(where: { $0 ?? 0 > 1 << 30 })
    else { throw BadLine(why: "it counts more than can be") }
    let awaits = status == nil && [after, afterB64, afterAny, afterAnyB64].contains { $0 != nil }
    guard let status = Status(rawValue: self.status ?? (awaits ? "delayed" : "pending")) else {
      throw BadLine(why: "its status is none of pending, delayed, processing, done and failed")
    }
    switch status {
    // Who had claimed it is not here.
    case .pending, .processing: return .pending(tally)
    case .delayed:
      let reason = try named(Delay.Reason.all, or: awaits ? .awaiting : .scheduled)
      return .delayed(
        Delay(
          tally: tally,
          until: try ImportedValue.moment(until, "until") ?? Timestamp(microseconds: 0),
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
    let ended = try ImportedValue.moment(ended, "ended") ?? now
    let exit: RunExit? =
      self.exit.map { .exited($0) } ?? signal.map { .signalled($0) }
      ?? errno.map { .notStarted($0) }
    return RunSummary(
      exit: exit, startedAt: try ImportedValue.moment(started, "started") ?? ended, endedAt: ended,
      message: try ImportedValue.bytes(message, messageB64, "message") ?? [])
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
