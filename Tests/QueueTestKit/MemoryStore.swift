public import QueueCore

/// The model that every engine is compared with: the same promises, kept in dictionaries.
///
/// Written for being obviously right, not for speed.
public final class MemoryStore: QueueStore {
  struct Entry {
    var id: ItemID
    var payload: [UInt8]?
    var enqueuedAt: Timestamp
    var state: ItemState
    var output: KeptOutput?
    var spent: Amounts = [:]
    var reserved: Amounts = [:]
    /// The number of its end.
    var end: UInt64?
    var result: ItemResult?
    var recipe: Recipe?
  }

  struct Queue {
    var number: UInt32
    var settings = QueueSettings()
    var nextSequence: UInt64 = 1
    var enqueued: UInt64 = 0
    var removed: UInt64 = 0
    var nextStart: Timestamp?
    var history: [UInt32: MinuteCounts] = [:]
    var keys: [ItemID: ItemKey] = [:]
    var entries: [ItemKey: Entry] = [:]
    /// nil: it never had one.
    var groups: [UInt32: Group]?
    var nextGroup: UInt32 = 1
    var nextTurn = 0
    /// Groups that may have to stand elsewhere, in the order in which they changed.
    var touched: [UInt32] = []
    var purse = Purse()
    /// nil: ends are not numbered.
    var nextEnd: UInt64?
    var readers: [ReaderName: UInt64] = [:]
    var pruned: [ItemID: Pruned] = [:]

    func keys(where matches: (ItemState) -> Bool) -> [ItemKey] {
      entries.filter { matches($0.value.state) }.keys.sorted()
    }

    mutating func count(_ now: Timestamp, _ change: (inout MinuteCounts) -> Void) {
      let minute = MinuteCounts.minute(of: now)
      if history[minute] == nil, minute >= MinuteCounts.kept {
        history = history.filter { $0.key > minute - MinuteCounts.kept }
      }
      change(&history[minute, default: MinuteCounts(minute: minute)])
    }
  }

  public let incarnation: UInt64
  public internal(set) var revision: UInt64 = 0
  var queues: [QueueName: Queue] = [:]
  var registered: [WorkerID: WorkerRecord] = [:]
  var nextQueue: UInt32 = 1
  var nextWorker: UInt64 = 1
  var nextToken: UInt64 = 1
  /// The numbers of the queues that feed each queue.
  var fed: [UInt32: Set<UInt32>] = [:]
  /// Runs of removed items that have not ended as far as is known.
  var revokedRuns: [Token: (worker: WorkerID, id: ItemID, group: UInt32, reserved: Amounts)] = [:]
  var batches: [UInt32: Batch] = [:]
  var nextBatch: UInt32 = 1
  /// Ends of batches that items may still have to be told of.
  var releases: Set<Awaited> = []
  private let clock: ManualClock

  public var now: Timestamp { clock.now }

  public init(incarnation: UInt64, clock: ManualClock = ManualClock()) {
    self.incarnation = incarnation
    self.clock = clock
  }

  func makeQueue(_ name: QueueName) {
    guard queues[name] == nil else { return }
    queues[name] = Queue(number: nextQueue)
    nextQueue += 1
  }

  func name(of number: UInt32) -> QueueName? {
    queues.first { $0.value.number == number }?.key
  }

  public func enqueue(
    _ batch: ItemBatch, to queue: QueueName, priority: UInt8, until: Timestamp?,
    onCommit: (EnqueueResult) -> Void
  ) throws(StoreError) {
    onCommit(try enter(batch, queue, priority, until))
    finish()
  }

  func enter(
    _ batch: ItemBatch, _ queue: QueueName, _ priority: UInt8, _ until: Timestamp?,
    inherited: UInt32 = 0
  ) throws(StoreError) -> EnqueueResult {
    for awaited in batch.after where awaited.batch != batch.batch {
      if try self.batch(awaited.batch) == nil { throw StoreError(.noBatch, "no such batch") }
    }
    let member = batch.batch.map(makeBatch) ?? inherited
    if batch.batch != nil { batches[member]?.isSealed = false }
    let awaited = try unmet(batch.after)
    revision += 1
    makeQueue(queue)
    var result = EnqueueResult(enqueued: 0, duplicates: 0)
    if !batch.groups.isEmpty { beginGroups(in: queue) }
    guard var target = queues[queue] else { return result }
    var (known, refused) = ([] as [Int], [] as [Int])
    for index in 0..<batch.count {
      let id = batch.id(at: index)
      let key = ItemKey(queue: target.number, priority: priority, sequence: target.nextSequence)
      target.nextSequence += 1
      guard target.keys[id] == nil else {
        known.append(index)
        continue
      }
      if let pruned = target.pruned[id] {
        switch revives(pruned, batch, index) {
        case true?: target.pruned[id] = nil
        case false?:
          result.duplicates += 1
          continue
        case nil:
          refused.append(index)
          continue
        }
      }
      var group: UInt32 = 0
      if let name = batch.group(at: index) {
        queues[queue] = target
        group = makeGroup(name, in: queue)
        target = queues[queue] ?? target
      }
      if target.groups != nil, !target.touched.contains(group) { target.touched.append(group) }
      let change = Transition.enqueue(until: until, group: group, batch: member, awaited: awaited)
      guard let state = change.after else { continue }
      target.keys[id] = key
      target.entries[key] = Entry(
        id: id, payload: batch.payload(at: index), enqueuedAt: now, state: state)
      target.enqueued += 1
      result.enqueued += 1
    }
    if result.enqueued > 0 { target.count(now) { $0.enqueued += UInt64(result.enqueued) } }
    queues[queue] = target
    requeue(known, batch, queue, &result, &refused)
    result.refused = refused.sorted().map { batch.id(at: $0) }
    return result
  }

  public func turn(_ turn: Turn) throws(StoreError) -> TurnResult {
    try Self.refuseTooMany(turn.settlements.map(\.emitted))
    guard registered[turn.worker] != nil else {
      throw StoreError(.notRegistered, "worker \(turn.worker.number) is not registered")
    }
    revision += 1
    expireDue()
    let settled = turn.settlements.map { settle($0, by: turn) }
    let emitted = try emit(
      zip(turn.settlements, settled).compactMap { end, settled in
        guard case .moved(.done(let ending)) = settled else { return nil }
        return (end.token.key, ending.tally.batch, end.emitted)
      })
    endBatches()
    if let pause = turn.pause { queues[turn.queue]?.settings.rest(until: pause) }
    promote(turn.queue)
    trim(turn.queue)
    let wish = Wish(
      wanted: turn.wanted, holder: .worker(turn.worker),
      budget: turn.withPayloads ? turn.payloadBudget : nil,
      rate: turn.rate, reserve: turn.reserve, passesOver: { _ in false })
    let claims = claim(from: turn.queue, wish).claims
    finish()
    let summary = try summary(of: turn.queue)
    let revoked = try revoked(of: turn.worker).filter { $0.key.queue == summary?.number }
    return TurnResult(
      settled: settled, emitted: emitted, claims: claims, summary: summary, revoked: revoked,
      now: now,
      revision: revision)
  }

  private func settle(_ settlement: Settlement, by turn: Turn) -> Settled {
    let token = settlement.token
    if revokedRuns[token]?.worker == turn.worker { endRevoked(token, settlement.spent) }
    guard token.incarnation == incarnation, let name = name(of: token.key.queue),
      let entry = queues[name]?.entries[token.key]
    else { return .stale }
    let event = Event.settle(
      token: token.number, outcome: settlement.outcome, run: settlement.run,
      jitter: settlement.jitter)
    guard
      let change = try? Transition.apply(
        event, to: entry.state, policy: settlement.policy, now: now),
      let next = change.after
    else { return .stale }
    apply(
      change, to: token.key, in: name, output: settlement.output,
      rate: name == turn.queue ? turn.rate : nil, spent: settlement.spent,
      result: settlement.result, collects: turn.collects && name == turn.queue,
      recipe: turn.recipe)
    if let rest = settlement.rest {
      let group = entry.state.tally.group
      if group == 0 {
        queues[name]?.settings.rest(until: rest)
      } else {
        let old = queues[name]?.groups?[group]?.restUntil
        queues[name]?.groups?[group]?.restUntil = max(old ?? rest, rest)
      }
    }
    return .moved(next)
  }

  /// The run of a removed item has ended.
  private func endRevoked(_ token: Token, _ spent: Amounts, isLost: Bool = false) {
    guard let run = revokedRuns.removeValue(forKey: token), let name = name(of: token.key.queue)
    else { return }
    var spent = spent
    if isLost { spent.add(run.reserved) }
    spend(spent, since: now, in: name)
    queues[name]?.purse.gone.add(spent)
    touch(run.group, of: name)
  }

  @discardableResult
  func apply(
    _ event: Event, to key: ItemKey, in queue: QueueName, policy: RetryPolicy = RetryPolicy(),
    spent: Amounts = [:], result: ItemResult? = nil
  ) -> Refusal? {
    guard let entry = queues[queue]?.entries[key] else { return .stale }
    do {
      apply(
        try Transition.apply(event, to: entry.state, policy: policy, now: now), to: key, in: queue,
        spent: spent, result: result)
      return nil
    } catch {
      return error
    }
  }

  private func apply(
    _ change: Change, to key: ItemKey, in name: QueueName, output: KeptOutput? = nil,
    rate: Rate? = nil, spent: Amounts = [:], result: ItemResult? = nil, collects: Bool = false,
    recipe: Recipe? = nil
  ) {
    book(spent, change, key, name)
    number(change, key, name, result, collects: collects)
    guard var queue = queues[name], let entry = queue.entries[key] else { return }
    let group = entry.state.tally.group
    defer { touch(group, of: name) }
    if group != 0, let rate = queue.groups?[group]?.settings.filled(from: queue.settings).rate {
      let next = queue.groups?[group]?.nextStart
      if change.effects.givesStartBack {
        queue.groups?[group]?.nextStart = next.map { rate.advanced($0, by: -1) }
      } else if case .processing(let hold) = entry.state, let start = change.after?.lastStart,
        start > hold.since, start <= now
      {
        queue.groups?[group]?.nextStart = max(next ?? start, start + rate.interval)
      }
    }
    if let counted = change.effects.counted { queue.count(now) { $0.count(counted, at: now) } }
    if change.effects.givesStartBack, let start = queue.nextStart,
      let rate = rate ?? queue.settings.rate
    {
      queue.nextStart = rate.advanced(start, by: -1)
    }
    if change.effects.revokes, case .processing(let hold) = entry.state,
      case .worker(let worker) = hold.holder
    {
      let token = Token(number: hold.token, key: key, incarnation: incarnation)
      revokedRuns[token] = (worker, entry.id, group, entry.reserved)
    }
    if let after = change.after {
      queue.entries[key]?.state = after
      switch change.effects.output {
      case .stays: break
      case .replaced: queue.entries[key]?.output = output
      case .goes:
        queue.entries[key]?.output = nil
        queue.entries[key]?.recipe = nil
      }
      if change.isEnd { queue.entries[key]?.recipe = recipe }
    } else {
      if change.effects.keepsID {
        queue.pruned[entry.id] = Pruned(status: entry.state.status, payload: entry.payload)
      }
      queue.entries[key] = nil
      queue.keys[entry.id] = nil
      queue.removed += 1
    }
    queues[name] = queue
  }

  /// Books what a run has spent, and what becomes of what it has reserved.
  private func book(
    _ spent: Amounts, _ change: Change, _ key: ItemKey, _ name: QueueName
  ) {
    guard let entry = queues[name]?.entries[key] else { return }
    var (spent, since) = (spent, now)
    if case .processing(let hold) = entry.state { since = hold.since }
    if change.effects.reservation == .isSpent { spent.add(entry.reserved) }
    if change.effects.reservation != .stays { queues[name]?.entries[key]?.reserved = [:] }
    queues[name]?.entries[key]?.spent.add(spent)
    spend(spent, since: since, in: name)
    if change.after == nil, let all = queues[name]?.entries[key]?.spent {
      queues[name]?.purse.gone.add(all)
    }
  }

  public func release(
    _ worker: WorkerRecord, _ seen: [SeenRun], for queue: QueueName, given: QueueSettings,
    isDead: () -> Bool
  ) throws(StoreError) -> Recovery {
    var recovery = Recovery()
    guard registered[worker.id] != nil, isDead() else { return recovery }
    defer { finish() }
    revision += 1
    for run in seen {
      let (token, seen) = (run.token, run.observation)
      if revokedRuns[token] != nil {
        switch seen {
        case .ended(let lost): endRevoked(token, [:], isLost: lost != .unbegun)
        case .ending: recovery.ending += 1
        case .orphaned: recovery.orphaned += 1
        }
        continue
      }
      guard let name = name(of: token.key.queue),
        let entry = queues[name]?.entries[token.key], case .processing(let hold) = entry.state,
        hold.token == token.number
      else { continue }
      switch seen {
      case .ended(let lost):
        var settings = worker.given
        if name == queue { settings = settings.filled(from: given) }
        settings = settings.filled(from: queues[name]?.settings ?? QueueSettings())
        let policy = settings.applied(to: RetryPolicy())
        let run = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: [])
        apply(
          .settle(token: token.number, outcome: .lost(lost), run: run, jitter: 0),
          to: token.key, in: name, policy: policy)
        recovery.recovered += 1
        if name == queue, queues[name]?.entries[token.key]?.state.status == .failed {
          recovery.poisoned += 1
        }
      case .ending:
        recovery.ending += 1
      case .orphaned:
        apply(.orphan, to: token.key, in: name)
        recovery.orphaned += 1
      }
    }
    if try claims(of: worker.id).isEmpty, try revoked(of: worker.id).isEmpty {
      registered[worker.id] = nil
    }
    return recovery
  }
}
