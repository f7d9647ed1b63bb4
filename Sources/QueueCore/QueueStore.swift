/// Where queues live: the seam between what is done with items and how they are kept.
///
/// Whole transitions, many at a time; nothing of an engine shows in a signature. Every call is one
/// or more transactions, durable when it returns, and blocks its thread meanwhile. A store is used
/// by one thread at a time. Every call throws ``StoreError``.
///
/// The moment at which something happens is the store's: read inside the transaction, after whoever
/// wrote before has ended. A moment from before the wait for the writer's turn would be behind theirs.
///
/// Numbers are given in order and never twice: queues from 1 as they are made; sequences in a queue
/// from 1, one for each id of an enqueue, duplicates included; groups in a queue from 1; batches, tokens and
/// workers from 1.
///
/// Where a queue has groups they take turns: within the most urgent priority each has one item claimed, and is
/// the last then. A group that has as many runs as it may, rests or goes at a rate has no turn, and is the last
/// when it may go on. The items without a group are one without limits.
public protocol QueueStore: AnyObject {
  /// The moment by the store's clock.
  var now: Timestamp { get }

  /// Adds the items that their queue does not know yet, in order of arrival, and makes the queue if
  /// there is none. Those that it knows stay as they are, unless ``ItemBatch/known`` says otherwise: an item keeps
  /// its priority, group and batch in any case. `until`: they stay delayed until then; nil: they are pending at once, or when what they
  /// await has come. Throws `.noBatch`, with nothing changed, when a batch is to be awaited that is not there.
  /// `onCommit` is told what each of its transactions has made durable, also when a later one fails.
  func enqueue(
    _ batch: ItemBatch, to queue: QueueName, priority: UInt8, until: Timestamp?,
    onCommit: (EnqueueResult) -> Void
  ) throws(StoreError)

  /// Settles and claims for a worker, in one transaction; see ``Turn``. Leases whose moment has come
  /// end first, see ``expire()``, and items whose moment has come become pending. What its settlements
  /// emit is there before it claims; ``QueueSummary/upstream`` knows from then on what feeds what. Throws
  /// `.limit`, with nothing changed, when one emits more than it may. Throws `.notRegistered`, with nothing changed, when the worker is not
  /// registered (any more).
  func turn(_ turn: Turn) throws(StoreError) -> TurnResult

  /// Ends those claims of a dead worker that are still the ones which were seen, by what was seen of
  /// their runs, and forgets the worker once nothing of it is left; see ``recover(observer:for:given:)``.
  /// Nothing is done unless `isDead` says so inside the transaction, and the worker is still known. Each
  /// claim ends by what its worker was told (``WorkerRecord/given``), whoever takes it back; then by what
  /// is `given` here, for items of `queue`; then by what the item's own queue is set to.
  func release(
    _ worker: WorkerRecord, _ seen: [SeenRun], for queue: QueueName, given: QueueSettings,
    isDead: () -> Bool
  ) throws(StoreError) -> Recovery

  /// Claims items that a lease holds, in one transaction. Leases whose moment has come end first, and
  /// items whose moment has come become pending. Pause, rate and revoked claims of the queue hold it back
  /// as they do a worker.
  func claim(_ request: LeaseRequest) throws(StoreError) -> LeaseResult

  /// Lets leases hold their items for `length` from now on; one answer for each token, in order. At most
  /// ``Turn/maximumItems`` in one transaction.
  func extend(_ tokens: [Token], by length: Duration) throws(StoreError) -> [LeaseAnswer]

  /// Ends claims by lease; one answer for each, in order. At most ``Turn/maximumItems`` in one transaction.
  /// Who has the token may settle until somebody else has ended the lease, also after its moment. Throws
  /// `.limit`, with nothing changed, when one emits more than it may.
  func settle(_ settlements: [LeaseSettlement]) throws(StoreError) -> LeaseSettled

  /// Ends leases whose moment has come, of whatever queue, those that ended first, in one transaction: at
  /// most ``Turn/maximumItems``. Each item is lost, by what its queue is set to. How many they were.
  func expire() throws(StoreError) -> Int

  /// Moves items by id; one answer for each id, in order. What is known of a pruned item is removed as an item is.
  ///
  /// An item that is removed from its worker is gone at once, but its run is not: the claim is
  /// *revoked*. Until the run is known to have ended, settled by its worker or found dead by a
  /// recovery, an item of the same id in the same queue is not claimed.
  func move(
    _ ids: [ItemID], in queue: QueueName, by move: Move
  ) throws(StoreError) -> [MoveResult]

  /// Moves items of one status that a filter means, at most ``Turn/maximumItems`` in one transaction, in
  /// the order of their keys, from the first with a key after `after` (nil: from the start).
  func move(
    all status: Status, of queue: QueueName, by move: Move, where filter: ItemFilter,
    after: ItemKey?
  ) throws(StoreError) -> MovePage

  /// The first of the `count` ends that came last among those that a filter means, of items that are done, failed,
  /// or either; nil when there are not more than that.
  func mark(
    ofLast count: Int, in statuses: Set<Status>, of queue: QueueName, where filter: ItemFilter
  ) throws(StoreError) -> EndMark?

  /// Forgets ids that are known of pruned items alone, at most ``Turn/maximumItems`` in one transaction: those after
  /// an earlier part, or from the start.
  func forgetPruned(of queue: QueueName, after: [UInt8]?) throws(StoreError) -> ForgetPage

  /// Whether an id is known of a pruned item alone.
  func isPruned(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool

  /// Removes a queue, its settings and history; false, and nothing is changed, when it has items, ids of pruned
  /// ones, or runs of removed ones. Its number is not given again.
  func removeQueue(_ queue: QueueName) throws(StoreError) -> Bool

  /// The queue at a glance; nil when there is none of that name.
  func summary(of queue: QueueName) throws(StoreError) -> QueueSummary?

  /// All queues at a glance, in the order in which they were made.
  func summaries() throws(StoreError) -> [QueueSummary]

  /// What happened in the minutes from `since` on, of the last ``MinuteCounts/kept``; minutes in
  /// which nothing happened are left out.
  func history(of queue: QueueName, since: Timestamp) throws(StoreError) -> [MinuteCounts]

  /// At most `limit` items of a queue in any of these statuses, in the order of their keys, from the
  /// first with a key after `after` (nil: from the start). A key is for life: whoever pages through
  /// a queue in use meets every item that stays once, in the status it has at that moment.
  func items(
    of queue: QueueName, in statuses: Set<Status>, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage

  /// At most `limit` delayed items of a queue, the soonest first and behind them those that await batches, from
  /// the first behind `after` (nil: from the start). Whoever pages meets one that is delayed anew meanwhile again.
  func delayedItems(
    of queue: QueueName, after: DelayedPlace?, limit: Int
  ) throws(StoreError) -> DelayedPage

  /// The item of that id; nil when the queue, or the item, is not there.
  func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item?

  /// The item's payload; nil when the queue, the item, or its payload is not there.
  func payload(of id: ItemID, in queue: QueueName) throws(StoreError) -> [UInt8]?

  /// What is kept of the output of the item's last run that ended; nil when nothing is.
  func output(of id: ItemID, in queue: QueueName) throws(StoreError) -> KeptOutput?

  /// Registers a worker of a queue that was told `given`. `hold` is called inside the transaction with the new
  /// worker's name and takes the kernel lock that shows that it lives; what it throws comes back, and
  /// nobody is registered.
  func register(
    _ process: ProcessIdentity, given: QueueSettings, of queue: QueueName?,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord

  /// Forgets a worker. It must hold no claim: one that does stays, to be recovered.
  func unregister(_ worker: WorkerID) throws(StoreError)

  /// The registered workers, in the order of their names.
  func workers() throws(StoreError) -> [WorkerRecord]

  /// The tokens of what a worker holds.
  func claims(of worker: WorkerID) throws(StoreError) -> [Token]

  /// The tokens of a worker's revoked claims: of items that were removed, whose runs it has not
  /// settled yet.
  func revoked(of worker: WorkerID) throws(StoreError) -> [Token]

  /// Changes what a queue is set to, and makes the queue if there is none. `change` is told the
  /// moment.
  func configure(
    _ queue: QueueName, _ change: (inout QueueSettings, Timestamp) -> Void
  ) throws(StoreError)

  /// Whether an item of this id is not claimed because the run of a removed one lives, as far as is known.
  func isHeldBack(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool

  /// Changes what a group is set to, and makes the group, and the queue, if there is none.
  func configure(
    _ group: GroupName, of queue: QueueName, _ change: (inout GroupSettings) -> Void
  ) throws(StoreError)

  /// At most `limit` groups of a queue, in the order of their numbers, from the first with a number after
  /// `after` (nil: from the start). Those without items, and set to nothing, are forgotten sooner or later.
  func groups(
    of queue: QueueName, after: UInt32?, limit: Int
  ) throws(StoreError) -> [GroupSummary]

  /// The group of that name; nil when the queue has none.
  func group(_ group: GroupName, of queue: QueueName) throws(StoreError) -> GroupSummary?

  /// The units that a queue has spent, or that it is set to something for, in the order of their names.
  func budgets(of queue: QueueName) throws(StoreError) -> [BudgetSummary]

  /// Ends of a queue in their order, since its ends are numbered: since a turn that collects, or a settlement with
  /// a result. An item that is retried, or removed, takes its end away.
  func ends(of queue: QueueName, _ request: EndRequest) throws(StoreError) -> [ItemEnd]

  /// The end of an item, with the item; nil when the queue, the item, or a numbered end of it is not there.
  func end(of id: ItemID, in queue: QueueName) throws(StoreError) -> ItemEnd?

  /// Up to which end a reader has read the queue of this number; 0 when it never did.
  func lastRead(by reader: ReaderName, of queue: UInt32) throws(StoreError) -> UInt64

  /// Notes that a reader has read so far, 0 for one that begins; one that has read further keeps that. By the queue's number: another
  /// of the same name has other ends. Throws `.noQueue` when it is not there any more.
  func note(
    lastRead end: UInt64, by reader: ReaderName, of queue: UInt32
  ) throws(StoreError)

  /// Tells when items of a queue have ended. The queue is made if there is none.
  func watchEnds(of queue: QueueName) throws(StoreError) -> any QueueWatch

  /// Makes a batch, or opens it again, for somebody who fills it; what is enqueued into one opens it, too.
  ///
  /// `hold` is called inside the transaction, to take the kernel lock that shows that a filling lives: with each
  /// that has not ended, to carry it on where whoever began it is dead, until one can be held; and then with a new
  /// one. What it throws comes back, and nothing is changed. Throws `.unusable` when none can be held.
  func open(
    _ batch: BatchName, hold: (BatchFill) throws(StoreError) -> Bool
  ) throws(StoreError) -> BatchFill

  /// Ends a filling, and seals the batch if that was the last one, unless more is to come (`seals`: false). Where
  /// every item of it is done it is complete by that, and those who await that become pending in the next turns of
  /// their queues. The batch then; nil when it is gone.
  func end(_ fill: BatchFill, seals: Bool) throws(StoreError) -> BatchSummary?

  /// Seals a batch, unless one of its fillings is alive; forgets the others. The batch then; nil when there is none
  /// of that name.
  func seal(
    _ batch: BatchName, isAlive: (BatchFill) -> Bool
  ) throws(StoreError) -> BatchSummary?

  /// Forgets a batch; false, and nothing is changed, when it has items, or is awaited.
  func remove(_ batch: BatchName) throws(StoreError) -> Bool

  /// At most `limit` batches, in the order of their numbers, from the first with a number after `after` (nil:
  /// from the start).
  func batches(after: UInt32?, limit: Int) throws(StoreError) -> [BatchSummary]

  /// The batch of that name; nil when there is none.
  func batch(_ batch: BatchName) throws(StoreError) -> BatchSummary?

  /// Tells when a batch comes to an end, whichever.
  func watchBatches() throws(StoreError) -> any QueueWatch

  /// Tells when something changes that may let a worker of this queue go on. The queue is made if
  /// there is none, so that there is something to watch.
  func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch

  /// A number that moves with every commit of any process; costs no transaction. See also
  /// ``TurnResult/revision``.
  var revision: UInt64 { get }

  /// Looks at everything: every item in exactly one status, ids and items each other's mirror,
  /// counts equal to what is there. Takes time and no lock; others may write meanwhile.
  func audit() throws(StoreError) -> Audit
}

/// Wakes a waiting worker. A hint only: it may come for nothing, and whoever waits looks again
/// after a while all the same.
public protocol QueueWatch: AnyObject {
  /// Becomes readable when there may be something to do; nil when there is none to be had and
  /// polling must do.
  var descriptor: Int32? { get }
  /// Makes the descriptor unreadable until the next change.
  func drain()
}

/// What an audit saw.
public struct Audit: Hashable, Sendable {
  /// Findings are counted beyond this number, but not described.
  public static let maximumFindings = 100

  /// The items that were looked at.
  public var items: UInt64 = 0
  /// What is wrong, one sentence each; empty when the store is sound.
  public private(set) var findings: [String] = []
  /// How many things are wrong.
  public private(set) var count: UInt64 = 0

  /// Nothing seen yet.
  public init() {}

  /// Notes one thing that is wrong.
  public mutating func note(_ finding: String) {
    count += 1
    if findings.count < Self.maximumFindings { findings.append(finding) }
  }
}

extension QueueStore {
  /// Registers a worker of whatever queue.
  public func register(
    _ process: ProcessIdentity, given: QueueSettings,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    try register(process, given: given, of: nil, hold: hold)
  }

  /// A part of the listing of one status.
  public func items(
    of queue: QueueName, in status: Status, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    try items(of: queue, in: [status], after: after, limit: limit)
  }

  /// Moves all items of one status.
  public func move(
    all status: Status, of queue: QueueName, by move: Move, after: ItemKey?
  ) throws(StoreError) -> MovePage {
    try self.move(all: status, of: queue, by: move, where: ItemFilter(), after: after)
  }

  /// Adds items as the requirement of this name does, and gives back what came of all of them.
  public func enqueue(
    _ batch: ItemBatch, to queue: QueueName, priority: UInt8, until: Timestamp?
  ) throws(StoreError) -> EnqueueResult {
    var sum = EnqueueResult(enqueued: 0, duplicates: 0)
    try enqueue(batch, to: queue, priority: priority, until: until) { sum += $0 }
    return sum
  }
}

/// What a person does to items.
public enum Move: Hashable, Sendable {
  /// A failed item is tried afresh; what is kept of its output goes.
  case retry
  /// The same of an item that is done, or failed.
  case rerun
  /// An item that is done, or failed, goes with all that is kept of it; its id stays known, so that it is not
  /// enqueued again, unless that is forgotten, too.
  case prune(forgetsID: Bool)
  /// An item goes for good; `force` takes it from its worker.
  case remove(force: Bool)
}

/// What came of a move.
public enum MoveResult: Hashable, Sendable {
  /// It was done.
  case moved
  /// The item's status does not allow it.
  case refused(Status)
  /// The queue has no such item.
  case missing
}

/// What came of moving a part of a status.
public struct MovePage: Hashable, Sendable {
  /// Items that were moved.
  public var moved = 0
  /// Items whose status does not allow it.
  public var refused = 0
  /// Where the next part begins; nil when this was the last.
  public var next: ItemKey?

  /// Nothing was moved.
  public init() {}
}

extension Move {
  /// What happens to the item.
  public var event: Event {
    switch self {
    case .retry: .retry
    case .rerun: .rerun
    case .prune(let forgetsID): .prune(keepsID: !forgetsID)
    case .remove(let force): .remove(force: force)
    }
  }
}
