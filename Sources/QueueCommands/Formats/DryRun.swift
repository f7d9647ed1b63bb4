import QueueCore
import Worker

/// The commands that q-work would run now, as a shell takes them, a line each. Nothing is claimed.
struct DryRun {
  private static let page = 1_000
  private let store: any PlacedStore
  private let plan: WorkPlan
  private var load: RunLoad
  private var ordinal = 0

  init(store: any PlacedStore, plan: WorkPlan) {
    (self.store, self.plan) = (store, plan)
    load = RunLoad(plan, room: plan.program.argumentRoom)
  }

  mutating func write() throws {
    var output = DataOutput()
    if case .stream = plan.shape { return try writeStream(&output) }
    var left = plan.limit ?? .max
    var after: ItemKey?
    let now = store.now
    repeat {
      let page = try store.items(
        of: plan.queue, in: [.pending, .delayed], after: after, limit: Self.page)
      let ready = page.items.filter { item in
        if case .delayed(let delay) = item.state { delay.until <= now } else { true }
      }
      let claims = try ready.prefix(left).map(claim)
      left -= claims.count
      after = left > 0 ? page.next : nil
      for run in load.fill(claims, isLast: after == nil) { try write(run, &output) }
    } while after != nil
    try output.flush()
  }

  /// The item as if it were claimed.
  private func claim(_ item: Item) throws -> Claim {
    let isWanted = item.payloadLength != nil && plan.shape.hasPayloads
    return Claim(
      token: Token(number: 0, key: item.key, incarnation: 0), id: item.id,
      payload: isWanted ? try store.payload(of: item.id, in: plan.queue) : nil,
      tally: item.state.tally, since: item.enqueuedAt)
  }

  private mutating func write(_ claims: [Claim], _ output: inout DataOutput) throws {
    ordinal += 1
    let values = HandlerTemplate.Values(
      ids: claims.map(\.id), payload: claims[0].payload, ordinal: ordinal, slot: 1,
      pools: plan.pools.map { $0.values[(ordinal - 1) % $0.values.count] })
    let words: [[UInt8]]
    do throws(HandlerTemplate.MissingColumn) {
      words = try plan.template.commandLine(values)
    } catch {
      return say("q-work: \(VisibleText.escaped(claims[0].id.bytes)): \(error.message)")
    }
    if let payload = claims[0].payload {
      try output.write("printf %s ")
      try output.write(ShellWords.quoted(payload))
      try output.write(" | ")
    } else if case .many(let many) = plan.shape, many.onInput {
      let format = plan.separator == 0 ? #"'%s\0'"# : #"'%s\n'"#
      try output.write("printf \(format) ")
      try output.write(ShellWords.quoted(claims.map(\.id.bytes)))
      try output.write(" | ")
    }
    try output.write(ShellWords.quoted(words))
    try output.write("\n")
  }

  /// One process, whatever there is to be done.
  private func writeStream(_ output: inout DataOutput) throws {
    let values = HandlerTemplate.Values(
      ids: [ItemID(unchecked: [])], payload: nil, ordinal: 1, slot: 1,
      pools: plan.pools.map { $0.values[0] })
    try output.write(ShellWords.quoted(try plan.template.commandLine(values)))
    try output.write("\n")
    try output.flush()
  }
}
