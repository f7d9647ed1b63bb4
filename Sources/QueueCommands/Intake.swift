import LMDBStore
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

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

  private let store: LMDBStore
  private let queue: QueueName
  private let form: Form
  /// Finds the ids of JSON objects.
  private let finder: ObjectID
  private let separator: UInt8
  private let priority: UInt8
  private let delay: Duration?
  private(set) var bad: UInt64 = 0
  private var empty: UInt64 = 0
  private var result = EnqueueResult(enqueued: 0, duplicates: 0)
  private var batch = ItemBatch()
  private var limit = smallest
  /// When what has been read is committed at the latest; nil when that is nothing.
  private var deadline: ContinuousClock.Instant?
  private var warnedOfReturn = false
  /// Something was committed, or the queue is there.
  private var hasQueue = false

  init(
    store: LMDBStore, queue: QueueName, form: Form, separator: UInt8, priority: UInt8,
    delay: Duration?
  ) {
    self.store = store
    self.queue = queue
    self.form = form
    finder = if case .jsonl(let key) = form { ObjectID(key) } else { ObjectID("") }
    self.separator = separator
    self.priority = priority
    self.delay = delay
  }

  var summary: String {
    var parts = ["\(result.enqueued.grouped) enqueued", result.duplicates.counting("duplicate")]
    if empty > 0 { parts.append(empty.counting("empty line")) }
    if bad > 0 { parts.append(bad.counting("bad line")) }
    return parts.joined(separator: ", ")
  }

  mutating func read(_ input: borrowing Input) throws {
    var reader = LineReader(
      input.descriptor, name: input.name, separator: separator, limit: form.longestLine)
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
        refuse(reader.number, input.name, "it is over \(form.longestLine.grouped) bytes")
      case .pause:
        try commit()
      case .end:
        return
      }
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
    }
    hasQueue = true
    deadline = nil
    batch.removeAll()
  }

  private mutating func refuse(_ number: UInt64, _ name: String, _ why: String) {
    bad += 1
    if bad <= 20 {
      say("q-enqueue: bad line: \(name): line \(number): \(why)")
    } else if bad == 21 {
      say("q-enqueue: further bad lines are counted, not named")
    }
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String) {
    guard !line.isEmpty else {
      empty += 1
      return
    }
    if number == 1 { lookForMark(line, name) }
    switch form {
    case .ids:
      add(line, nil, number, name)
    case .tsv:
      let tab = line.firstIndex(of: UInt8(ascii: "\t"))
      add(line[..<(tab ?? line.endIndex)], tab.map { line[($0 + 1)...] }, number, name)
    case .jsonl:
      takeJSON(line, number, name)
    }
  }

  private mutating func add(
    _ id: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>?, _ number: UInt64, _ name: String
  ) {
    guard !id.isEmpty else { return refuse(number, name, "its id is empty") }
    guard id.count <= ItemID.maximumLength else {
      return refuse(number, name, "its id is over \(ItemID.maximumLength.grouped) bytes")
    }
    guard !contains(id, 0) else { return refuse(number, name, "its id contains NUL") }
    guard payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      return refuse(number, name, "its payload is over \(ItemBatch.maximumPayload.grouped) bytes")
    }
    warnOfReturn(payload ?? id, number)
    batch.append(id: id, payload: payload)
  }

  private mutating func warnOfReturn(_ line: ArraySlice<UInt8>, _ number: UInt64) {
    guard separator == UInt8(ascii: "\n"), line.last == UInt8(ascii: "\r"), !warnedOfReturn else {
      return
    }
    warnedOfReturn = true
    say(
      "q-enqueue: line \(number) ends in CR, which is kept, as on all lines: tr -d '\\r' removes it"
    )
  }

  /// What editors put before a text is part of the first id, or no JSON.
  private func lookForMark(_ line: ArraySlice<UInt8>, _ name: String) {
    if line.starts(with: [0xff, 0xfe]) || line.starts(with: [0xfe, 0xff]) {
      say("q-enqueue: \(name) looks like UTF-16: iconv -f UTF-16 -t UTF-8 makes it UTF-8")
    } else if line.starts(with: [0xef, 0xbb, 0xbf]) {
      say(
        "q-enqueue: \(name) begins with a byte order mark, which is "
          + (isJSON ? "no JSON" : "kept, as part of the first id")
          + ": sed '1s/^\\xEF\\xBB\\xBF//' removes it")
    }
  }

  private var isJSON: Bool { if case .jsonl = form { true } else { false } }

  private mutating func takeJSON(
    _ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String
  ) {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
      warnOfReturn(line, number)
      empty += 1
      return
    }
    do throws(ObjectID.Missing) {
      add(ArraySlice(try id(of: line)), line, number, name)
    } catch {
      refuse(number, name, error.why)
    }
  }

  private func id(
    of line: ArraySlice<UInt8>
  ) throws(ObjectID.Missing) -> [UInt8] {
    var result = Result<[UInt8], ObjectID.Missing>.success([])
    line.withUnsafeBytes { bytes in
      result = Result { () throws(ObjectID.Missing) in try finder.find(in: bytes) }
    }
    return try result.get()
  }
}

/// Whether the byte is in there; `Collection.contains` is slower by far.
private func contains(_ bytes: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
  bytes.withUnsafeBytes { bytes in
    bytes.baseAddress.map { memchr($0, Int32(byte), bytes.count) != nil } ?? false
  }
}
