import QueueCore
import Worker

/// The commands that q-work would run now, as a shell takes them, a line each. Nothing is claimed.
struct DryRun {
  private static let page = 1_000
  let store: any PlacedStore
  let plan: WorkPlan

  func write() throws {
    var output = DataOutput()
    var ordinal = 0
    var after: ItemKey?
    let now = store.now
    repeat {
      let page = try store.items(
        of: plan.queue, in: [.pending, .delayed], after: after, limit: Self.page)
      for item in page.items {
        if case .delayed(let delay) = item.state, delay.until > now { continue }
        guard ordinal < plan.limit ?? .max else { break }
        ordinal += 1
        try write(item, ordinal, &output)
      }
      after = ordinal < plan.limit ?? .max ? page.next : nil
    } while after != nil
    try output.flush()
  }

  private func write(_ item: Item, _ ordinal: Int, _ output: inout DataOutput) throws {
    let payload = item.payloadLength == nil ? nil : try store.payload(of: item.id, in: plan.queue)
    let values = HandlerTemplate.Values(id: item.id, payload: payload, ordinal: ordinal, slot: 1)
    let words: [[UInt8]]
    do throws(HandlerTemplate.MissingColumn) {
      words = try plan.template.commandLine(values)
    } catch {
      return say("q-work: \(VisibleText.escaped(item.id.bytes)): \(error.message)")
    }
    if let payload {
      try output.write("printf %s ")
      try output.write(ShellWords.quoted(payload))
      try output.write(" | ")
    }
    try output.write(ShellWords.quoted(words))
    try output.write("\n")
  }
}
