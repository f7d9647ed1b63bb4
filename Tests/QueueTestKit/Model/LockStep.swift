import QueueCore

/// Drives an engine and the model through the same history, and compares all that can be seen.
final class LockStep {
  private let engine: any QueueStore
  private let model: MemoryStore
  private let clock: ManualClock
  private var now: Timestamp { clock.now }
  private var issued: [Token] = []
  private var steps = 0

  init(_ engine: any QueueStore, incarnation: UInt64, _ clock: ManualClock) {
    self.engine = engine
    self.clock = clock
    model = MemoryStore(incarnation: incarnation, clock: clock)
  }

  /// Applies one step to both; what differs then, if anything does.
  func apply(_ operation: Operation) throws -> String? {
    steps += 1
    guard let call = try resolve(operation) else { return nil }
    let expected = call.apply(to: model)
    let answer = call.apply(to: engine)
    switch expected {
    case .turned(_, _, let claims, _, _, _), .leased(let claims, _, _, _, _):
      issued += claims.map(\.token)
    default: break
    }
    guard answer == expected else {
      return "answers\n  \(answer)\nwhere the model answers\n  \(expected)"
    }
    return try difference()
  }

  /// What of the two is not the same to an onlooker.
  private func difference() throws -> String? {
    if let found = try compare("summaries", { try $0.summaries() }) { return found }
    let batches = try compare("batches") { store in
      try store.batches(after: nil, limit: 2) + store.batches(after: 2, limit: 9)
        + Operation.batches.compactMap { try store.batch($0) }
    }
    if let batches { return batches }
    if let found = try compare("workers", { try $0.workers() }) { return found }
    for worker in try model.workers() {
      if let found = try compare("claims of \(worker.id)", { try $0.claims(of: worker.id) }) {
        return found
      }
      if let found = try compare("revoked of \(worker.id)", { try $0.revoked(of: worker.id) }) {
        return found
      }
    }
    for queue in Operation.queues {
      // A different choice of statuses at each step, each of them alone among others.
      let choice = Set(
        Status.allCases.enumerated().filter { (steps + 1) >> $0.0 & 1 == 1 }.map(\.1))
      for statuses in Status.allCases.map({ [$0] }) + [choice] {
        let found = try compare("\(statuses) items of \(queue)") { store in
          try Self.pages(store, queue, statuses, limit: 2 + steps % 40)
        }
        if let found { return found }
      }
      let delayed = try compare("delayed items of \(queue)") { store in
        try Self.delayed(store, queue, limit: 1 + steps % 5)
      }
      if let delayed { return delayed }
      let groups = try compare("groups of \(queue)") { store in
        try Self.groups(store, queue, limit: 1 + steps % 6)
      }
      if let groups { return groups }
      let ends = try compare("ends of \(queue)") { store in
        var request = EndRequest(after: UInt64(steps % 4))
        (request.limit, request.withItems) = (1 + steps % 30, steps % 2 == 0)
        if steps % 5 == 0 { request.bytes = 100 }
        return try store.ends(of: queue, request)
      }
      if let ends { return ends }
      let read = try compare("a reader of \(queue)") {
        try $0.lastRead(by: Operation.reader, of: try $0.summary(of: queue)?.number ?? 99)
      }
      if let read { return read }
      let budgets = try compare("budgets of \(queue)") { try $0.budgets(of: queue) }
      if let budgets { return budgets }
      let minutes = try compare("history of \(queue)") { store in
        try store.history(of: queue, since: now + .seconds(-60 * (steps % 3_000)))
      }
      if let minutes { return minutes }
      // A different few at each step: all of them, each time, would be most of the work.
      for id in SampleIDs.all.indices where id % 8 == steps % 8 {
        let id = SampleIDs.all[id]
        if let found = try compare("item \(id) of \(queue)", { try $0.item(id, in: queue) }) {
          return found
        }
        if let found = try compare("payload of \(id)", { try $0.payload(of: id, in: queue) }) {
          return found
        }
        let known = try compare("whether \(id) is pruned") { try $0.isPruned(id, in: queue) }
        if let known { return known }
        let held = try compare("whether \(id) is held back") { try $0.isHeldBack(id, in: queue) }
        if let held { return held }
        if let found = try compare("output of \(id)", { try $0.output(of: id, in: queue) }) {
          return found
        }
      }
    }
    return nil
  }

  private static func pages(
    _ store: any QueueStore, _ queue: QueueName, _ statuses: Set<Status>, limit: Int
  ) throws -> [ItemPage] {
    var pages = [try store.items(of: queue, in: statuses, after: nil, limit: limit)]
    while let next = pages.last?.next {
      pages.append(try store.items(of: queue, in: statuses, after: next, limit: limit))
    }
    return pages
  }

  private static func delayed(
    _ store: any QueueStore, _ queue: QueueName, limit: Int
  ) throws -> [DelayedPage] {
    var pages = [try store.delayedItems(of: queue, after: nil, limit: limit)]
    while let next = pages.last?.next {
      pages.append(try store.delayedItems(of: queue, after: next, limit: limit))
    }
    return pages
  }

  private static func groups(
    _ store: any QueueStore, _ queue: QueueName, limit: Int
  ) throws -> [GroupSummary?] {
    var groups: [GroupSummary] = []
    while true {
      let page = try store.groups(of: queue, after: groups.last?.number, limit: limit)
      groups += page
      if page.count < limit { break }
    }
    return try groups + Operation.groups.map { try store.group($0, of: queue) }
  }

  private func compare<Value: Equatable>(
    _ what: String, _ look: (any QueueStore) throws -> Value
  ) throws -> String? {
    let (seen, expected) = (try look(engine), try look(model))
    return seen == expected ? nil : "\(what):\n  \(seen)\nwhere the model has\n  \(expected)"
  }

  /// What the audit of the engine finds at the end.
  func findings() throws -> String? {
    let audit = try engine.audit()
    let items = try model.summaries().reduce(0) { $0 + $1.counts.total }
    guard audit.count == 0, audit.items == items else {
      return "the audit finds \(audit.findings) in \(audit.items) of \(items) items"
    }
    return nil
  }

  private func resolve(_ operation: Operation) throws -> Call? {
    switch operation {
    case .enqueue(let items, let queue, let priority, let delay, let joins):
      var batch = ItemBatch()
      batch.batch = joins.batch.map { Operation.batches[$0] }
      batch.after = joins.after.map { Prerequisite(Operation.batches[$0.batch], $0.end) }
      batch.known = Operation.known[joins.known]
      for item in items {
        batch.append(
          id: SampleIDs.all[item.id].bytes, payload: item.payload.map(SampleIDs.payload),
          group: item.group.flatMap { $0 < 0 ? nil : Operation.groups[$0] })
      }
      return .enqueue(
        batch, Operation.queues[queue], priority: priority,
        until: delay.map { now + .microseconds($0) })
    case .turn(
      let queue, let worker, let ends, let wanted, let budget, let policy, let rate, let reserve,
      let collects, let recipe):
      var turn = Turn(queue: Operation.queues[queue], worker: try id(worker))
      turn.settlements = try ends.map { end in
        Settlement(
          token: try token(end.token), outcome: end.outcome, run: Operation.runs[end.run],
          policy: Operation.policies[policy], jitter: end.jitter,
          output: end.output.map { Operation.outputs[$0] }, emitted: emissions(end),
          rest: end.rest.map { now + .microseconds($0) }, spent: Operation.amounts[end.spent],
          result: end.result.map { Operation.results[$0] })
      }
      (turn.wanted, turn.payloadBudget) = (wanted, budget)
      turn.rate = rate.map { Operation.rates[$0] }
      (turn.reserve, turn.collects) = (Operation.amounts[reserve], collects)
      turn.recipe = recipe.map { Operation.recipes[$0] }
      return .turn(turn)
    case .recover(let dead, let seen, let queue, let given):
      let dead = try dead.map(id)
      let observer = ScriptedObserver(isDead: dead.contains) { token in
        var random = SplitMix64(seed: seen ^ token.number)
        let kinds: [RunObservation] = [
          .ended(.charged), .ended(.excused), .ended(.unbegun), .ending, .orphaned,
        ]
        return kinds.randomElement(using: &random)!
      }
      return .recover(observer, Operation.queues[queue], given: Operation.settings[given])
    case .register(let given, let refused, let queue):
      return .register(
        given: Operation.settings[given], refused: refused, queue.map { Operation.queues[$0] })
    case .unregister(let worker): return .unregister(try id(worker))
    case .move(let ids, let queue, let move):
      return .move(ids.map { SampleIDs.all[$0] }, Operation.queues[queue], move)
    case .pause(let queue, let length):
      let pause = length.map { QueueSettings.Pause.until(now + .microseconds($0)) }
      return .pause(Operation.queues[queue], pause ?? .indefinite)
    case .resume(let queue): return .pause(Operation.queues[queue], nil)
    case .set(let queue, let settings):
      return .set(Operation.queues[queue], Operation.settings[settings])
    case .setGroup(let group, let queue, let settings):
      return .setGroup(
        Operation.groups[group], Operation.queues[queue], Operation.groupSettings[settings])
    case .moveAll(let status, let queue, let move, let filter):
      return .moveAll(
        status, Operation.queues[queue], move, Operation.filter(filter, now: now))
    case .mark(let count, let queue, let filter):
      return .mark(count, Operation.queues[queue], Operation.filter(filter, now: now))
    case .forgetPruned(let queue): return .forgetPruned(Operation.queues[queue])
    case .removeQueue(let queue): return .removeQueue(Operation.queues[queue])
    case .watch(let queue): return .watch(Operation.queues[queue])
    case .open(let batch, let held): return .open(Operation.batches[batch], held: held)
    case .end(let fill, let seals): return .end(fill, seals: seals)
    case .seal(let batch, let held): return .seal(Operation.batches[batch], held: held)
    case .removeBatch(let batch): return .removeBatch(Operation.batches[batch])
    case .lease(let queue, let wanted, let length, let asLines, let budget, let reserve):
      var request = LeaseRequest(
        queue: Operation.queues[queue], wanted: wanted, length: .microseconds(length))
      (request.asLines, request.withPayloads, request.payloadBudget) = (asLines, !asLines, budget)
      request.reserve = Operation.amounts[reserve]
      return .claim(request)
    case .extend(let tokens, let length):
      return .extend(try tokens.map(token), .microseconds(length))
    case .settle(let ends):
      return .settle(
        try ends.map { end in
          LeaseSettlement(
            token: try token(end.token), outcome: end.outcome,
            note: Operation.runs[end.run].message, jitter: end.jitter, emitted: emissions(end),
            spent: Operation.amounts[end.spent],
            result: end.result.map { Operation.results[$0] })
        })
    case .expire: return .expire
    case .read(let queue, let end):
      return .read(try model.summary(of: Operation.queues[queue])?.number ?? 99, end)
    case .advance(let step):
      clock.now = now + .microseconds(step)
      return nil
    }
  }

  private func emissions(_ end: Operation.End) -> [Emission] {
    end.emitted.map { queue, item in
      Emission(
        queue: Operation.queues[queue], id: SampleIDs.all[item.id],
        payload: item.payload.map(SampleIDs.payload))
    }
  }

  private func id(_ choice: Operation.WorkerChoice) throws -> WorkerID {
    switch choice {
    case .number(let number): return WorkerID(number)
    case .registered(let index):
      let workers = try model.workers()
      return workers.isEmpty ? WorkerID(1) : workers[index % workers.count].id
    }
  }

  private func token(_ choice: Operation.TokenChoice) throws -> Token {
    let none = Token(
      number: 1, key: ItemKey(queue: 1, rank: 1), incarnation: model.incarnation)
    switch choice {
    case .live(let index):
      let live = try model.workers().flatMap {
        try model.claims(of: $0.id) + model.revoked(of: $0.id)
      }
      return live.isEmpty ? none : live[index % live.count]
    case .leased(let index):
      let leased = model.leases.map {
        Token(number: $0.token, key: $0.key, incarnation: model.incarnation)
      }
      return leased.isEmpty ? none : leased[index % leased.count]
    case .issued(let index): return issued.isEmpty ? none : issued[index % issued.count]
    case .foreign(let index):
      let own = issued.isEmpty ? none : issued[issued.count - 1 - index % issued.count]
      return Token(number: own.number, key: own.key, incarnation: own.incarnation ^ 1)
    case .garbage(let number, let queue, let rank):
      return Token(
        number: number, key: ItemKey(queue: queue, rank: rank), incarnation: model.incarnation)
    }
  }
}
