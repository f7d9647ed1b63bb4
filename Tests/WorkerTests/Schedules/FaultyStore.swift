import QueueCore
import QueueTestKit

@testable import Worker

/// A store in memory whose transactions take time and, for a while, fail: before the commit, or
/// behind it, so that whoever made it is not told.
final class FaultyStore: QueueStore {
  let base: MemoryStore
  /// What is done before and after each transaction.
  var pass: () -> Void = {}
  /// The kind of failure of the next call; nil: none.
  var failure: () -> Failure? = { nil }
  private(set) var record = StoreRecord()
  /// Spreads retries, the same way for the same seed.
  private var random: SeededRandom

  enum Failure { case busy, inputOutput, lostBefore, lostAfter, gone }

  init(_ base: MemoryStore, seed: UInt64) {
    self.base = base
    random = SeededRandom(seed: seed)
  }

  var now: Timestamp { base.now }
  var revision: UInt64 { base.revision }

  func turn(_ turn: Turn) throws(StoreError) -> TurnResult {
    var turn = turn
    for place in turn.settlements.indices {
      turn.settlements[place].jitter = Double(random.number(0...99)) / 100
    }
    pass()
    let failure = failure()
    if let failure, failure != .lostAfter { throw Self.error(failure) }
    let result = try base.turn(turn)
    record.take(turn, result, isLost: failure != nil)
    pass()
    if let failure { throw Self.error(failure) }
    return result
  }

  func release(
    _ worker: WorkerRecord, _ seen: [SeenRun], for queue: QueueName, given: QueueSettings,
    isDead: () -> Bool
  ) throws(StoreError) -> Recovery {
    try look()
    return try base.release(worker, seen, for: queue, given: given, isDead: isDead)
  }

  func summary(of queue: QueueName) throws(StoreError) -> QueueSummary? {
    try look()
    return try base.summary(of: queue)
  }

  func workers() throws(StoreError) -> [WorkerRecord] {
    try look()
    return try base.workers()
  }

  func claims(of worker: WorkerID) throws(StoreError) -> [Token] {
    try look()
    return try base.claims(of: worker)
  }

  func revoked(of worker: WorkerID) throws(StoreError) -> [Token] {
    try look()
    return try base.revoked(of: worker)
  }

  private func look() throws(StoreError) {
    pass()
    switch failure() {
    case .gone?: throw Self.error(.gone)
    case .some: throw Self.error(.busy)
    case nil: break
    }
  }

  private static func error(_ failure: Failure) -> StoreError {
    switch failure {
    case .busy: StoreError(.busy, "busy")
    case .inputOutput: StoreError(.inputOutput, "disk full")
    case .lostBefore, .lostAfter: StoreError(.commitUnknown, "commit unknown")
    case .gone: StoreError(.unsound, "given up")
    }
  }

  // MARK: What the ledger asks without trouble, or not at all

  func register(
    _ process: ProcessIdentity, given: QueueSettings, of queue: QueueName?,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    try base.register(process, given: given, of: queue, hold: hold)
  }
  func unregister(_ worker: WorkerID) throws(StoreError) { try base.unregister(worker) }
  func enqueue(
    _ batch: ItemBatch, to queue: QueueName, priority: UInt8, until: Timestamp?,
    onCommit: (EnqueueResult) -> Void
  ) throws(StoreError) {
    try base.enqueue(batch, to: queue, priority: priority, until: until, onCommit: onCommit)
  }
  func claim(_ request: LeaseRequest) throws(StoreError) -> LeaseResult {
    try base.claim(request)
  }
  func extend(_ tokens: [Token], by length: Duration) throws(StoreError) -> [LeaseAnswer] {
    try base.extend(tokens, by: length)
  }
  func settle(_ settlements: [LeaseSettlement]) throws(StoreError) -> LeaseSettled {
    try base.settle(settlements)
  }
  func expire() throws(StoreError) -> Int { try base.expire() }
  func move(
    _ ids: [ItemID], in queue: QueueName, by move: Move
  ) throws(StoreError) -> [MoveResult] { try base.move(ids, in: queue, by: move) }
  func move(
    all status: Status, of queue: QueueName, by move: Move, where filter: ItemFilter,
    after: ItemKey?
  ) throws(StoreError) -> MovePage {
    try base.move(all: status, of: queue, by: move, where: filter, after: after)
  }
  func mark(
    ofLast count: Int, in statuses: Set<Status>, of queue: QueueName, where filter: ItemFilter
  ) throws(StoreError) -> EndMark? {
    try base.mark(ofLast: count, in: statuses, of: queue, where: filter)
  }
  func forgetPruned(of queue: QueueName, after: [UInt8]?) throws(StoreError) -> ForgetPage {
    try base.forgetPruned(of: queue, after: after)
  }
  func isPruned(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    try base.isPruned(id, in: queue)
  }
  func removeQueue(_ queue: QueueName) throws(StoreError) -> Bool { try base.removeQueue(queue) }
  func summaries() throws(StoreError) -> [QueueSummary] { try base.summaries() }
  func history(of queue: QueueName, since: Timestamp) throws(StoreError) -> [MinuteCounts] {
    try base.history(of: queue, since: since)
  }
  func items(
    of queue: QueueName, in statuses: Set<Status>, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    try base.items(of: queue, in: statuses, after: after, limit: limit)
  }
  func delayedItems(
    of queue: QueueName, after: DelayedPlace?, limit: Int
  ) throws(StoreError) -> DelayedPage {
    try base.delayedItems(of: queue, after: after, limit: limit)
  }
  func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item? {
    try base.item(id, in: queue)
  }
  func payload(of id: ItemID, in queue: QueueName) throws(StoreError) -> [UInt8]? {
    try base.payload(of: id, in: queue)
  }
  func output(of id: ItemID, in queue: QueueName) throws(StoreError) -> KeptOutput? {
    try base.output(of: id, in: queue)
  }
  func configure(
    _ queue: QueueName, _ change: (inout QueueSettings, Timestamp) -> Void
  ) throws(StoreError) { try base.configure(queue, change) }
  func configure(
    _ group: GroupName, of queue: QueueName, _ change: (inout GroupSettings) -> Void
  ) throws(StoreError) { try base.configure(group, of: queue, change) }
  func groups(
    of queue: QueueName, after: UInt32?, limit: Int
  ) throws(StoreError) -> [GroupSummary] { try base.groups(of: queue, after: after, limit: limit) }
  func group(_ group: GroupName, of queue: QueueName) throws(StoreError) -> GroupSummary? {
    try base.group(group, of: queue)
  }
  func isHeldBack(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    try base.isHeldBack(id, in: queue)
  }
  func open(
    _ batch: BatchName, hold: (BatchFill) throws(StoreError) -> Bool
  ) throws(StoreError) -> BatchFill { try base.open(batch, hold: hold) }
  func end(_ fill: BatchFill, seals: Bool) throws(StoreError) -> BatchSummary? {
    try base.end(fill, seals: seals)
  }
  func seal(
    _ batch: BatchName, isAlive: (BatchFill) -> Bool
  ) throws(StoreError) -> BatchSummary? { try base.seal(batch, isAlive: isAlive) }
  func remove(_ batch: BatchName) throws(StoreError) -> Bool { try base.remove(batch) }
  func ends(of queue: QueueName, _ request: EndRequest) throws(StoreError) -> [ItemEnd] {
    try base.ends(of: queue, request)
  }
  func end(of id: ItemID, in queue: QueueName) throws(StoreError) -> ItemEnd? {
    try base.end(of: id, in: queue)
  }
  func lastRead(by reader: ReaderName, of queue: UInt32) throws(StoreError) -> UInt64 {
    try base.lastRead(by: reader, of: queue)
  }
  func note(
    lastRead end: UInt64, by reader: ReaderName, of queue: UInt32
  ) throws(StoreError) { try base.note(lastRead: end, by: reader, of: queue) }
  func watchEnds(of queue: QueueName) throws(StoreError) -> any QueueWatch {
    try base.watchEnds(of: queue)
  }
  func budgets(of queue: QueueName) throws(StoreError) -> [BudgetSummary] {
    try base.budgets(of: queue)
  }
  func batches(after: UInt32?, limit: Int) throws(StoreError) -> [BatchSummary] {
    try base.batches(after: after, limit: limit)
  }
  func batch(_ batch: BatchName) throws(StoreError) -> BatchSummary? { try base.batch(batch) }
  func watchBatches() throws(StoreError) -> any QueueWatch { try base.watchBatches() }
  func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch { try base.watch(queue) }
  func audit() throws(StoreError) -> Audit { try base.audit() }
}

/// What the store has seen of one worker, to be compared with what the worker says.
struct StoreRecord {
  /// Every claim made, by its token's number, in that order.
  private(set) var claims: [Claim] = []
  /// The outcome with which a claim has moved its item.
  private(set) var moved: [UInt64: Outcome] = [:]
  /// Claims that somebody else had ended.
  private(set) var stale: Set<UInt64> = []
  private(set) var outcomes = WorkReport.Outcomes()
  /// Commits that their maker was not told of.
  private(set) var lost = 0
  /// What should not have happened.
  private(set) var faults: [String] = []

  mutating func take(_ turn: Turn, _ result: TurnResult, isLost: Bool) {
    claims += result.claims
    if isLost { lost += 1 }
    for (settlement, settled) in zip(turn.settlements, result.settled) {
      let token = settlement.token.number
      guard case .moved(let state) = settled else {
        if moved[token] == nil { stale.insert(token) }
        continue
      }
      if moved[token] != nil { faults.append("token \(token) was settled twice") }
      moved[token] = settlement.outcome
      switch state {
      case .done: outcomes.succeeded += 1
      case .failed: outcomes.failed += 1
      case .delayed(let delay) where delay.reason == .deferred: outcomes.deferred += 1
      case .delayed: outcomes.retried += 1
      case .pending: outcomes.released += 1
      case .processing: faults.append("token \(token) was settled and is held")
      }
    }
  }
}
