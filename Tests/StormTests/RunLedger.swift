/// What the handlers wrote down of their runs, outside the store.
struct RunLedger {
  enum Kind: Character {
    case start = "S"
    case end = "E"
    /// Began while a process of another run of its item lived.
    case overlap = "O"
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
  /// Lines that are no event.
  private(set) var broken: [String] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 6, let first = words[0].first, let kind = Kind(rawValue: first),
        let attempt = Int(words[3]), let pid = Int32(words[4]), let time = Int(words[5])
      else {
        broken.append(String(line))
        continue
      }
      events.append(
        Event(
          kind: kind, id: String(words[1]), token: String(words[2]), attempt: attempt, pid: pid,
          time: time))
    }
  }

  func count(_ kind: Kind) -> Int { events.count { $0.kind == kind } }
  var ended: Set<String> { Set(events.filter { $0.kind == .end }.map(\.id)) }

  /// What must never be, one sentence each.
  var violations: [String] {
    var found = broken.map { "not an event: \($0)" }
    var tokens: Set<String> = []
    var last: [String: Event] = [:]
    for event in events {
      switch event.kind {
      case .overlap:
        found.append("item \(event.id) ran twice at once: pid \(event.pid), \(event.token)")
      case .start:
        if !tokens.insert(event.token).inserted { found.append("claim \(event.token) ran twice") }
        last[event.id] = event
      case .end:
        // The file is in the order of the writes: another run's start in between is an overlap.
        if last[event.id]?.token != event.token {
          found.append("item \(event.id) ended as \(event.token) after another run began")
        }
      }
    }
    return found
  }
}
