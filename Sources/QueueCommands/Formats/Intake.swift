import Glibc
import JSONText
import QueueCore

/// Lines on their way into the queue: gathered while input comes and nobody else waits to write,
/// committed when it pauses.
struct Intake {
  /// What a line is.
  enum Form {
    /// An id.
    case ids
    /// An id, a TAB and a payload.
    case tsv
    /// A JSON object: the payload, with the id at a key.
    case jsonl(idKey: String)

    /// The longest line, in bytes.
    var longestLine: Int {
      switch self {
      case .ids: ItemID.maximumLength
      case .tsv: ItemID.maximumLength + 1 + ItemBatch.maximumPayload
      case .jsonl: ItemBatch.maximumPayload
      }
    }
  }

  /// How long a line may wait for others to share its commit.
  private static let patience: Duration = .milliseconds(50)
  private static let smallest = 4_000
  private static let largest = 1_000_000
  private static let largestBytes = 64 << 20

  private let store: any PlacedStore
  private let queue: QueueName
  private let form: Form
  /// Finds the ids of JSON objects, where lines are such.
  private let finder: ObjectID?
  private let separator: UInt8
  private let priority: UInt8
  private let delay: Duration?
  /// Finds the group of each line; nil: none has one.
  private let groups: GroupFinder?
  private(set) var bad: UInt64 = 0
  private var empty: UInt64 = 0
  private(set) var result = EnqueueResult(enqueued: 0, duplicates: 0)
  private var batch = ItemBatch()
  private var limit = smallest
  /// When what has been read is committed at the latest; nil when that is nothing.
  private var deadline: ContinuousClock.Instant?
  private var warnings: InputWarnings
  /// Something was committed, or the queue is there.
  private var hasQueue = false

  init(
    store: any PlacedStore, queue: QueueName, form: Form, separator: UInt8, priority: UInt8,
    delay: Duration?, groupBy: GroupBy? = nil
  ) {
    self.store = store
    self.queue = queue
    self.form = form
    if case .jsonl(let key) = form { finder = ObjectID(key) } else { finder = nil }
    warnings = InputWarnings(separator: separator, isJSON: finder != nil)
    self.separator = separator
    self.priority = priority
    self.delay = delay
    groups = groupBy.map { GroupFinder($0) }
  }

  /// The items belong to a batch, and await others; and what becomes of those that are known.
  mutating func join(_ name: BatchName?, after: [Prerequisite], known: KnownItems) {
    (batch.batch, batch.after, batch.known) = (name, after, known)
  }

  var summary: String {
    var parts = ["\(result.enqueued.grouped) enqueued", result.duplicates.counting("duplicate")]
    if result.requeued > 0 { parts.append("\(result.requeued.grouped) requeued") }
    if empty > 0 { parts.append(empty.counting("empty line")) }
    if bad > 0 { parts.append(bad.counting("bad line")) }
    return parts.joined(separator: ", ")
  }

  /// Reads to the end of an input. One from which nothing comes makes the queue, too.
  mutating func read(_ input: borrowing Input) throws {
    var reader = LineReader(
      input.descriptor, name: input.name, separator: separator, limit: form.longestLine)
    if !hasQueue, deadline == nil { deadline = .now + Self.patience }
    while true {
      switch try reader.next(until: deadline) {
      case .line(let line):
        take(line, reader.number, input.name)
        if batch.count >= limit || batch.bytes.count >= Self.largestBytes {
          try commit()
          limit = min(limit * 2, Self.largest)
        }
        if deadline == nil, !batch.isEmpty { deadline = .now + Self.patience }
      case .tooLong:
        refuse(reader.number, input.name, tooLong)
      case .pause:
        try commit()
      case .end:
        return
      }
    }
  }

  /// Reads the files below a directory; each is a payload, and its path the id.
  mutating func read(_ files: PayloadFiles) throws {
    try files.forEach { path, file in
      switch file {
      case .payload(let payload): add(path[...], payload[...], of: path[...], 0, "files")
      case .failure(let why): refuse("cannot take \(VisibleText.escaped(path)): \(why)")
      }
      if batch.count >= limit || batch.bytes.count >= Self.largestBytes { try commit() }
    }
  }

  /// Commits what has been read; nothing at all makes the queue.
  mutating func commit() throws {
    guard !batch.isEmpty || !hasQueue else { return }
    try store.enqueue(
      batch, to: queue, priority: priority, until: delay.map { store.now + $0 }
    ) { committed in
      result.enqueued += committed.enqueued
      result.duplicates += committed.duplicates
      result.requeued += committed.requeued
      for id in committed.refused {
        refuse(
          "its payload has changed: \(VisibleText.escaped(id.bytes)): in queue \(queue): "
            + "--on-change requeue has it run again")
      }
    }
    hasQueue = true
    deadline = nil
    batch.removeAll()
  }

  private static let tooLongPayload =
    "its payload is over 16 MiB: keep it in a file, and enqueue the path"

  private var tooLong: String {
    if case .ids = form {
      "it is over \(form.longestLine.grouped) bytes"
    } else {
      Self.tooLongPayload
    }
  }

  private mutating func refuse(_ number: UInt64, _ name: String, _ why: String, byte: Int? = nil) {
    let place = byte.map { ", byte \($0)" } ?? ""
    refuse("bad line: \(name): line \(number)\(place): \(why)")
  }

  /// Counts a line that is left out, and says so of the first ones.
  private mutating func refuse(_ words: String) {
    bad += 1
    if bad <= 20 {
      say("q-enqueue: \(words)")
    } else if bad == 21 {
      say("q-enqueue: further bad lines are counted, not named")
    }
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String) {
    guard !line.isEmpty else {
      empty += 1
      return
    }
    warnings.look(line, number, name)
    if let finder {
      takeJSON(line, number, name, finder)
    } else if case .tsv = form {
      let tab = line.firstIndex(of: UInt8(ascii: "\t"))
      add(line[..<(tab ?? line.endIndex)], tab.map { line[($0 + 1)...] }, of: line, number, name)
    } else {
      add(line, nil, of: line, number, name)
    }
  }

  private mutating func add(
    _ id: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>?, of line: ArraySlice<UInt8>,
    _ number: UInt64, _ name: String
  ) {
    guard !id.isEmpty else { return refuse(number, name, "its id is empty") }
    guard id.count <= ItemID.maximumLength else {
      return refuse(number, name, "its id is over \(ItemID.maximumLength.grouped) bytes")
    }
    guard !contains(id, 0) else { return refuse(number, name, "its id contains NUL") }
    guard payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      return refuse(number, name, Self.tooLongPayload)
    }
    guard let groups else { return batch.append(id: id, payload: payload) }
    do throws(GroupFinder.Missing) {
      batch.append(id: id, payload: payload, group: try groups.find(in: line, id: id))
    } catch {
      refuse(number, name, error.why, byte: error.byte)
    }
  }

  private mutating func takeJSON(
    _ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String, _ finder: ObjectID
  ) {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
      empty += 1
      return
    }
    let found = line.withUnsafeBytes { bytes in
      Result { () throws(JSONScanner.Invalid) in try finder.find(in: bytes) }
    }
    switch found {
    case .success(let id): add(id[...], line, of: line, number, name)
    case .failure(let invalid): refuse(number, name, invalid.what, byte: invalid.column)
    }
  }
}

/// Whether the byte is in there; `Collection.contains` is slower by far.
private func contains(_ bytes: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
  bytes.withUnsafeBytes { bytes in
    bytes.baseAddress.map { memchr($0, Int32(byte), bytes.count) != nil } ?? false
  }
}
