import QueueCore

/// Why the items of a queue failed: by message, from all of them, in bounded memory.
struct Failures {
  private static let shown = 10
  private static let patterns = 10_000
  private static let page = 4_000

  private let groups: [FailureGroup]
  private let omitted: UInt64

  init(of queue: QueueName, in store: any PlacedStore) throws {
    var all = FailureGroups(limit: Self.patterns)
    var after: ItemKey?
    repeat {
      let page = try store.items(of: queue, in: .failed, after: after, limit: Self.page)
      for item in page.items {
        guard case .failed(let ending) = item.state else { continue }
        all.add(item.id, ending)
      }
      after = page.next
    } while after != nil
    (groups, omitted) = all.largest(Self.shown)
  }

  var text: String {
    var text = ""
    for group in groups {
      let ids = group.ids.map { VisibleText.escaped($0.bytes) }
      text += "\(group.count)\t\(VisibleText.escaped(group.message))\t"
      text += ids.joined(separator: " ") + "\n"
    }
    if omitted > 0 { text += "\(omitted)\t(other messages)\t\n" }
    return text
  }

  func json(_ queue: QueueName) -> String {
    JSONWriter.text(of: queue) { writer in
      writer.member("failures", groups)
      writer.member("failures_omitted", omitted)
    }
  }
}
