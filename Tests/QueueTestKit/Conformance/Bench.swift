import QueueCore

/// A store with a clock, and short words for what most tests do with it.
final class Bench {
  let store: any QueueStore
  private let clock: ManualClock
  var policy = RetryPolicy()
  let queue = QueueName.default

  init(_ store: any QueueStore, _ clock: ManualClock) { (self.store, self.clock) = (store, clock) }

  var now: Timestamp {
    get { clock.now }
    set { clock.now = newValue }
  }

  static let process = ProcessIdentity(pid: 7, startTicks: 8, bootID: "boot", pidNamespace: 9)
  static let run = RunSummary(
    exit: .exited(3), startedAt: Timestamp(microseconds: 5), endedAt: Timestamp(microseconds: 9),
    message: Array("why".utf8))

  func register(given: QueueSettings = QueueSettings()) throws -> WorkerID {
    try store.register(Self.process, given: given) { (_) throws(StoreError) in }.id
  }

  @discardableResult
  func put(
    _ ids: [ItemID], to queue: QueueName = .default, priority: UInt8 = 128,
    until: Timestamp? = nil
  ) throws -> EnqueueResult {
    try store.enqueue(ItemBatch(ids), to: queue, priority: priority, until: until)
  }

  @discardableResult
  func put(
    _ ids: String..., to queue: QueueName = .default, priority: UInt8 = 128,
    until: Timestamp? = nil
  ) throws -> EnqueueResult {
    try put(ids.map { ItemID($0)! }, to: queue, priority: priority, until: until)
  }

  func put(_ id: String, payload: [UInt8]?) throws {
    var batch = ItemBatch()
    batch.append(id: Array(id.utf8), payload: payload)
    _ = try store.enqueue(batch, to: queue, priority: 128, until: nil)
  }

  func turn(
    _ worker: WorkerID, _ ends: [(Token, Outcome)] = [], wanted: Int = 0, budget: Int = 64 << 20,
    from queue: QueueName = .default
  ) throws -> TurnResult {
    var turn = Turn(queue: queue, worker: worker)
    turn.settlements = ends.map {
      Settlement(token: $0.0, outcome: $0.1, run: Self.run, policy: policy, jitter: 0.5)
    }
    turn.wanted = wanted
    turn.payloadBudget = budget
    return try store.turn(turn)
  }

  func claim(_ worker: WorkerID, _ count: Int, from queue: QueueName = .default) throws -> [Claim] {
    try turn(worker, wanted: count, from: queue).claims
  }

  /// Claims by a lease of so many seconds.
  func lease(
    _ count: Int, seconds: Int = 60, from queue: QueueName = .default,
    _ change: (inout LeaseRequest) -> Void = { _ in }
  ) throws -> LeaseResult {
    var request = LeaseRequest(queue: queue, wanted: count, length: .seconds(seconds))
    change(&request)
    return try store.claim(request)
  }

  /// Ends claims by lease.
  func end(_ ends: (Token, Outcome)..., note: String = "") throws -> [LeaseAnswer] {
    try store.settle(
      ends.map {
        LeaseSettlement(token: $0.0, outcome: $0.1, note: Array(note.utf8), jitter: 0.5)
      }
    ).answers
  }

  func settle(_ worker: WorkerID, _ token: Token, _ outcome: Outcome) throws -> Settled? {
    try turn(worker, [(token, outcome)]).settled.first
  }

  /// Claims the next item, and ends its run at once.
  func end(_ worker: WorkerID, _ outcome: Outcome, _ output: KeptOutput?) throws {
    let token = try claim(worker, 1)[0].token
    var turn = Turn(queue: queue, worker: worker)
    turn.settlements = [
      Settlement(
        token: token, outcome: outcome, run: Self.run, policy: policy, jitter: 0, output: output)
    ]
    _ = try store.turn(turn)
  }

  /// Removes a part of a status.
  func removeAll(_ status: Status, _ after: ItemKey?) throws -> MovePage {
    try store.move(all: status, of: queue, by: .remove(force: false), after: after)
  }

  func recover(
    _ dead: WorkerID, given: QueueSettings = QueueSettings(),
    _ seen: @escaping (Token) -> RunObservation = { _ in .ended(.charged) }
  ) throws -> Recovery {
    let observer = ScriptedObserver(isDead: { $0 == dead }, seen: seen)
    return try store.recover(observer: observer, for: queue, given: given)
  }

  func move(_ ids: String..., by move: Move) throws -> [MoveResult] {
    try store.move(ids.map { ItemID($0)! }, in: queue, by: move)
  }

  func state(_ id: String) throws -> ItemState? {
    try store.item(ItemID(id)!, in: queue)?.state
  }

  func ids(_ status: Status, of queue: QueueName = .default) throws -> [String] {
    try store.items(of: queue, in: status, after: nil, limit: 10_000).items.map(\.id.description)
  }

  /// Changes what a queue is set to.
  func configure(
    _ queue: QueueName = .default, _ change: (inout QueueSettings) -> Void
  ) throws {
    try store.configure(queue) { settings, _ in change(&settings) }
  }

  func counts(of queue: QueueName = .default) throws -> Counts {
    try store.summary(of: queue)?.counts ?? Counts()
  }

  /// Everything that can be seen, to compare before with after.
  func everything() throws -> [[Item]] {
    try store.summaries().flatMap { summary in
      try Status.allCases.map { status in
        try store.items(of: summary.name, in: status, after: nil, limit: 10_000).items
      }
    }
  }
}

extension [Claim] {
  var names: [String] { map(\.id.description) }
}
