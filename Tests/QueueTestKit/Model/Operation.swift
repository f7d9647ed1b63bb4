import QueueCore

/// One step of a random history. It names workers and tokens by what there will be when it is
/// applied, so that a history from which steps were taken away still means something.
enum Operation {
  case enqueue([NewItem], queue: Int, priority: UInt8, delay: Int64?, joins: Membership)
  case turn(
    queue: Int, worker: WorkerChoice, settlements: [End], wanted: Int, budget: Int, policy: Int,
    rate: Int?, reserve: Int, collects: Bool, recipe: Int? = nil)
  case recover(dead: [WorkerChoice], seen: UInt64, queue: Int, given: Int)
  case register(given: Int, refused: Bool, queue: Int?)
  case unregister(WorkerChoice)
  case move([Int], queue: Int, by: Move)
  case pause(queue: Int, for: Int64?)
  case resume(queue: Int)
  case set(queue: Int, settings: Int)
  case setGroup(Int, queue: Int, settings: Int)
  case moveAll(Status, queue: Int, by: Move, filter: Int)
  case mark(Int, queue: Int, filter: Int)
  case forgetPruned(queue: Int)
  case removeQueue(Int)
  case watch(queue: Int)
  /// Every third filling is held by others, from this one on.
  case open(batch: Int, held: UInt32)
  case end(BatchFill, seals: Bool)
  case seal(batch: Int, held: UInt32)
  case removeBatch(Int)
  case lease(queue: Int, wanted: Int, length: Int64, asLines: Bool, budget: Int, reserve: Int)
  case extend([TokenChoice], by: Int64)
  case settle([End])
  case expire
  case read(queue: Int, through: UInt64)
  case advance(Int64)

  /// An item to enqueue: an index into ``SampleIDs/all``, and the payload's length.
  struct NewItem {
    var id: Int
    var payload: Int?
    /// An index into ``Operation/groups``.
    var group: Int?
  }

  /// Indices into ``Operation/batches``.
  struct Membership {
    var batch: Int?
    var after: [(batch: Int, end: BatchEnd)] = []
    /// An index into ``Operation/known``.
    var known = 0
  }

  /// Which worker.
  enum WorkerChoice {
    case registered(Int)
    case number(UInt64)
  }

  /// Which token.
  enum TokenChoice {
    case live(Int)
    case leased(Int)
    case issued(Int)
    case foreign(Int)
    case garbage(number: UInt64, queue: UInt32, rank: UInt64)
  }

  /// How a claim ends.
  struct End {
    var token: TokenChoice
    var outcome: Outcome
    var run: Int
    var jitter: Double
    var output: Int?
    var emitted: [(queue: Int, item: NewItem)] = []
    /// Microseconds for which its group rests.
    var rest: Int64?
    /// An index into ``Operation/amounts``.
    var spent = 0
    /// An index into ``Operation/results``.
    var result: Int?
  }

  static let groups: [GroupName] = [
    GroupName("a.example")!, GroupName("b")!, GroupName([0xff])!,
    GroupName(String(repeating: "g", count: GroupName.maximumLength))!,
  ]

  static let batches: [BatchName] = [
    BatchName("maps")!, BatchName([0xfe])!,
    BatchName(String(repeating: "b", count: BatchName.maximumLength))!,
  ]

  static let groupSettings: [GroupSettings] = {
    var (one, slow) = (GroupSettings(), GroupSettings())
    (one.limit, slow.rate) = (1, rates[0])
    return [GroupSettings(), one, slow]
  }()

  static let queues = ["default", "b", "third.queue"].map { QueueName($0)! }

  static let policies: [RetryPolicy] = {
    var strict = RetryPolicy()
    (strict.maximumAttempts, strict.maximumDeferrals, strict.maximumLosses) = (1, 0, 1)
    var quick = RetryPolicy()
    (quick.maximumAttempts, quick.maximumDeferrals, quick.maximumLosses) = (2, 2, 0)
    quick.backoffBase = .milliseconds(1)
    return [RetryPolicy(), strict, quick]
  }()

  static let rates = [
    Rate(count: 1, per: .seconds(1))!, Rate(count: 100, per: .seconds(1))!,
    Rate(count: 7, per: .seconds(60))!,
  ]

  static let settings: [QueueSettings] = {
    var some = QueueSettings()
    (some.maximumAttempts, some.rate) = (7, rates[1])
    var all = QueueSettings()
    (all.maximumAttempts, all.maximumLosses, all.workers) = (1, 0, 4_096)
    (all.backoff, all.timeout) = (.milliseconds(1) ... .seconds(86_400), .seconds(9))
    all.rate = rates[2]
    var (limited, paced, both) = (QueueSettings(), QueueSettings(), QueueSettings())
    (limited.groupLimit, paced.groupRate) = (1, rates[0])
    (both.groupLimit, both.groupRate, both.maximumAttempts) = (2, rates[1], 9)
    return [QueueSettings(), some, all, limited, paced, both] + budgeted
  }()

  /// With a limit, a rate, both, and two units.
  private static let budgeted: [QueueSettings] = {
    var (limited, paced, both) = (QueueSettings(), QueueSettings(), QueueSettings())
    limited.change(usd) { $0.limit = Amount(millionths: 3_000_000) }
    paced.change(usd) { $0.rate = UnitRate(Amount(millionths: 500_000), per: .seconds(1)) }
    for unit in [usd, tokens] {
      both.change(unit) {
        $0.limit = Amount(millionths: 9_000_001)
        $0.rate = UnitRate(Amount(millionths: 7_000_000), per: .seconds(3))
      }
    }
    return [limited, paced, both]
  }()

  private static let (usd, tokens) = (UnitName("usd")!, UnitName("tokens.in")!)

  /// What runs spend or reserve: mostly nothing.
  static let amounts: [Amounts] = [
    [:], [usd: Amount(millionths: 1)], [usd: Amount(millionths: 1_250_000)],
    [usd: Amount(millionths: 20_000), tokens: Amount(millionths: 2_000_000)],
  ]

  static let results = [
    ItemResult([]), ItemResult([0xff, 10]), ItemResult(Array("[1]".utf8), form: .json),
    ItemResult(SampleIDs.payload(5_000), form: .text),
  ]

  static let reader = ReaderName("sink")!

  static let recipes = [
    Recipe("v1")!, Recipe(String(repeating: "r", count: Recipe.maximumLength))!,
  ]

  static let known: [KnownItems] = {
    var all: [KnownItems] = []
    for changed in KnownItems.Changed.allCases {
      for again in [[], [.done], [.done, .failed]] as [Set<Status>] {
        var known = KnownItems()
        (known.changed, known.again) = (changed, again)
        all.append(known)
      }
    }
    return all
  }()

  /// All, one of each kind, and several kinds at once; ends before a moment that is given.
  static func filter(_ index: Int, now: Timestamp) -> ItemFilter {
    var filter = ItemFilter()
    let kinds = [0, 0, 1, 2, 4, 8, 16, 9, 18, 21][index % 10]
    if kinds & 1 != 0 { filter.endedBefore = EndMark(now + .seconds(-2)) }
    if kinds & 2 != 0 { filter.group = groups[index % groups.count] }
    if kinds & 4 != 0 { filter.batch = batches[index % batches.count] }
    if kinds & 8 != 0 { filter.notBy = recipes[index % recipes.count] }
    if kinds & 16 != 0 { filter.isRead = true }
    return filter
  }

  static let outputs = [
    KeptOutput(output: [], error: []), KeptOutput(output: [1, 0, 0xff], error: [10]),
    KeptOutput(
      output: SampleIDs.payload(4_000), error: SampleIDs.payload(KeptOutput.maximumLength + 9)),
  ]

  static let runs: [RunSummary] = [
    run(.exited(0), 5, []), run(.exited(3), 1_000_000, Array("no such file".utf8)),
    run(.signalled(9), 0, [0xff, 0]), run(.notStarted(8), -7, []),
    run(nil, 86_400_000_000, [UInt8](repeating: 65, count: 1_000)),
  ]

  private static func run(_ exit: RunExit?, _ length: Int64, _ message: [UInt8]) -> RunSummary {
    let start: Int64 = 1_699_999_999_000_000
    return RunSummary(
      exit: exit, startedAt: Timestamp(microseconds: start),
      endedAt: Timestamp(microseconds: start + length), message: message)
  }
}

extension Operation {
  /// The same step where nothing has a group; nil when that leaves nothing.
  var withoutGroups: Operation? {
    switch self {
    case .enqueue(let items, let queue, let priority, let delay, let joins):
      .enqueue(
        items.map { NewItem(id: $0.id, payload: $0.payload) }, queue: queue, priority: priority,
        delay: delay, joins: joins)
    case .setGroup: nil
    default: self
    }
  }

  /// The same step with one part less each, for shrinking.
  var simpler: [Operation] {
    switch self {
    case .enqueue(let items, let queue, let priority, let delay, let joins):
      items.indices.map {
        .enqueue(
          items.without($0), queue: queue, priority: priority, delay: delay, joins: joins)
      }
        + joins.after.indices.map {
          .enqueue(
            items, queue: queue, priority: priority, delay: delay,
            joins: Membership(
              batch: joins.batch, after: joins.after.without($0), known: joins.known))
        }
    case .turn(
      let queue, let worker, let ends, let wanted, let budget, let policy, let rate, let reserve,
      let collects, let recipe):
      ends.indices.map {
        .turn(
          queue: queue, worker: worker, settlements: ends.without($0), wanted: wanted,
          budget: budget, policy: policy, rate: rate, reserve: reserve, collects: collects,
          recipe: recipe)
      }
        + (wanted > 0
          ? [
            .turn(
              queue: queue, worker: worker, settlements: ends, wanted: wanted - 1, budget: budget,
              policy: policy, rate: rate, reserve: reserve, collects: collects, recipe: recipe)
          ] : [])
    case .recover(let dead, let seen, let queue, let given):
      dead.indices.map {
        .recover(dead: dead.without($0), seen: seen, queue: queue, given: given)
      }
    case .settle(let ends): ends.indices.map { .settle(ends.without($0)) }
    case .extend(let tokens, let length):
      tokens.indices.map { .extend(tokens.without($0), by: length) }
    case .move(let ids, let queue, let move):
      ids.indices.map { .move(ids.without($0), queue: queue, by: move) }
    default: []
    }
  }
}

extension Array {
  fileprivate func without(_ index: Int) -> Array {
    var copy = self
    copy.remove(at: index)
    return copy
  }
}
