import Glibc

/// What the handlers wrote down of their runs, outside the store.
struct RunLedger {
  enum Kind: Character {
    case start = "S"
    case end = "E"
    /// Ended, and failed for good.
    case failure = "F"
    /// Began while a process of another run of its item lived.
    case overlap = "O"
    /// Began while as many others of its group lived as may.
    case crowd = "L"
  }

  struct Event {
    var kind: Kind
    var id, token: String
    var attempt: Int
    var pid: Int32
    /// CLOCK_MONOTONIC in nanoseconds; 0 where the handler has no clock.
    var time: Int
  }

  /// In the order in which they were written.
  private(set) var events: [Event] = []
  /// What must never be, one sentence each.
  private(set) var violations: [String] = []
  private var tokens: Set<String> = []
  private var last: [String: String] = [:]
  private var place = 0

  init() {}

  init(_ text: String) { take(text) }

  /// Reads the whole lines that were added to the ledger's file since the last call.
  mutating func read(_ path: String) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    var size = stat()
    guard fstat(file, &size) == 0, size.st_size > place else { return }
    var bytes = [UInt8](repeating: 0, count: Int(size.st_size) - place)
    let count = pread(file, &bytes, bytes.count, off_t(place))
    let whole = bytes.prefix(max(count, 0)).lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    place += whole
    take(String(decoding: bytes[..<whole], as: UTF8.self))
  }

  private mutating func take(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 6, let first = words[0].first, let kind = Kind(rawValue: first),
        let attempt = Int(words[3]), let pid = Int32(words[4]), let time = Int(words[5])
      else {
        violations.append("not an event: \(line)")
        continue
      }
      judge(
        Event(
          kind: kind, id: String(words[1]), token: String(words[2]), attempt: attempt, pid: pid,
          time: time))
    }
  }

  private mutating func judge(_ event: Event) {
    events.append(event)
    switch event.kind {
    case .overlap:
      violations.append("item \(event.id) ran twice at once: pid \(event.pid), \(event.token)")
    case .crowd:
      violations.append("item \(event.id) ran beyond its group's limit: pid \(event.pid)")
    case .start:
      if !tokens.insert(event.token).inserted {
        violations.append("claim \(event.token) ran twice")
      }
      last[event.id] = event.token
    case .end, .failure:
      // The file is in the order of the writes: another run's start in between is an overlap.
      if last[event.id] != event.token {
        violations.append("item \(event.id) ended as \(event.token) after another run began")
      }
    }
  }

  func count(_ kind: Kind) -> Int { events.count { $0.kind == kind } }
  var ended: Set<String> { Set(events.filter { $0.kind == .end }.map(\.id)) }
}
