import QueueCore

/// The batches of a store, a line each; or as one JSON object.
struct BatchTable {
  private static let page = 1_000

  let store: any PlacedStore

  private func forEach(_ body: (BatchSummary) throws -> Void) throws {
    var last: UInt32?
    while true {
      let page = try store.batches(after: last, limit: Self.page)
      for batch in page { try body(batch) }
      guard page.count == Self.page else { return }
      last = page.last?.number
    }
  }

  func write(to output: inout DataOutput) throws {
    let columns = Status.allCases.map(\.rawValue) + ["waiting", "state"]
    try output.write(Self.line(columns, "batch"))
    try forEach { batch in
      let counts = Status.allCases.map { "\(batch.counts[$0])" } + ["\(batch.waiting)"]
      try output.write(Self.line(counts + [batch.state], VisibleText.escaped(batch.name.bytes)))
    }
  }

  private static func line(_ fields: [String], _ name: String) -> String {
    fields.map { String(repeating: " ", count: max(0, 10 - $0.utf8.count)) + $0 + " " }.joined()
      + " \(name)\n"
  }

  /// `{"version","batches":[{"batch","state","pending",...}]}`.
  var json: String {
    get throws {
      var writer = JSONWriter()
      try writer.object { writer in
        writer.member("version", 1)
        writer.name("batches")
        try writer.array { writer in
          try forEach { batch in writer.object { $0.members(batch) } }
        }
      }
      return writer.text
    }
  }
}

extension JSONWriter {
  /// What a batch has, and where it stands.
  mutating func members(_ batch: BatchSummary) {
    member("batch", batch.name.bytes)
    member("state", batch.state)
    for status in Status.allCases { member(status.rawValue, batch.counts[status]) }
    member("total", batch.counts.total)
    member("waiting", batch.waiting)
  }
}

extension BatchSummary {
  /// Where it stands, as programs read it.
  var state: String {
    isOver(.complete) ? "complete" : isOver(.ended) ? "ended" : isSealed ? "sealed" : "open"
  }

  /// What keeps it from an end, for people.
  func words(for end: BatchEnd) -> String {
    let name = VisibleText.escaped(self.name.bytes)
    let failed = end == .complete ? counts.failed : 0
    var parts: [String] = []
    if counts.unfinished > 0 { parts.append("\(counts.unfinished.grouped) to be done") }
    if failed > 0 { parts.append("\(failed.grouped) failed: q-retry --batch '\(name)'") }
    if !isSealed {
      parts.append("open: what fills it has not ended, or see q-enqueue --seal")
    }
    return "batch \(name)" + (parts.isEmpty ? "" : ", " + parts.joined(separator: ", "))
  }
}
