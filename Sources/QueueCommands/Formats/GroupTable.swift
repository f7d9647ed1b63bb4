import QueueCore

/// The groups of a queue, a line each; or as one JSON object.
struct GroupTable {
  private static let page: Int = 1_000

  let summary: QueueSummary
  let now: Timestamp

  /// Calls `body` for each group, in the order in which they were made; the items without one come first.
  private func forEach(
    in store: any PlacedStore, _ body: (GroupSummary) throws -> Void
  ) throws {
    var last: UInt32?
    while true {
      let page = try store.groups(of: summary.name, after: last, limit: Self.page)
      for group in page where group.number != 0 || group.counts.total > 0 { try body(group) }
      guard page.count == Self.page else { return }
      last = page.last?.number
    }
  }

  func write(_ store: any PlacedStore, to output: inout DataOutput) throws {
    try output.write(Self.line(Self.columns, "group"))
    try forEach(in: store) { group in
      let limit = limits(of: group).limit.map { "\($0)" } ?? "-"
      let rests =
        group.opening(summary.settings, now: now).map { ($0 - now).rough.replacing(" ", with: "") }
        ?? "-"
      let name = group.name.map { VisibleText.escaped($0.bytes) } ?? "(none)"
      try output.write(
        Self.line(
          ["\(group.running)", limit] + Self.statuses.map { "\(group.counts[$0])" } + [rests], name)
      )
    }
  }

  private static let statuses: [Status] = [.pending, .delayed, .done, .failed]
  private static let columns = ["running", "limit"] + statuses.map(\.rawValue) + ["rests"]

  private func limits(of group: GroupSummary) -> GroupSettings {
    group.number == 0 ? GroupSettings() : group.settings.filled(from: summary.settings)
  }

  private static func line(_ fields: [String], _ name: String) -> String {
    fields.map { String(repeating: " ", count: max(0, 8 - $0.utf8.count)) + $0 + " " }.joined()
      + " \(name)\n"
  }

  /// `{"version","queue","groups":[{"group","running",...}]}`; the items without a group have none.
  func json(_ store: any PlacedStore) throws -> String {
    try JSONWriter.text(of: summary.name) { writer in
      writer.name("groups")
      try writer.array { writer in
        try forEach(in: store) { group in
          writer.object { writer in write(group, to: &writer) }
        }
      }
    }
  }

  private func write(_ group: GroupSummary, to writer: inout JSONWriter) {
    if let name = group.name { writer.member("group", name.bytes) } else { writer.null("group") }
    writer.member("running", group.running)
    for status in Status.allCases { writer.member(status.rawValue, group.counts[status]) }
    let limits = limits(of: group)
    if let limit = limits.limit { writer.member("limit", limit) } else { writer.null("limit") }
    if let rate = limits.rate {
      writer.member("rate", RateArgument.text(rate))
    } else {
      writer.null("rate")
    }
    writer.member("rests_until", group.opening(summary.settings, now: now))
  }
}
