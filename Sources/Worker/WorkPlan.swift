package import QueueCore

/// Of which runs the output is kept in the store.
package enum OutputKeeping: String, CaseIterable, Sendable {
  /// Of those that did not succeed.
  case failed
  /// Of all.
  case all
  /// Of none.
  case none
}

/// What a worker is to do.
package struct WorkPlan: Sendable {
  package var queue: QueueName
  /// The store's absolute path.
  package var store: String
  /// Handlers at once where neither the worker nor the queue says how many.
  package var defaultSlots: Int
  /// The worker finds out itself how many handlers at once end the most items.
  package var findsSlots = false
  /// What this worker was told itself; it goes before what the queue is set to.
  package var given = QueueSettings()
  /// Of which runs the output is kept in the store.
  package var keeping = OutputKeeping.failed
  package var output = OutputForm()
  /// What records runs outside the store.
  package var recorders: [any RunRecorder] = []
  /// When too many failures end the run; nil: never.
  package var halt: HaltPolicy?
  package var program: Program
  package var template: HandlerTemplate
  /// How handlers get their items.
  package var shape = HandlerShape.single
  /// What ends an id among others: a newline or NUL.
  package var separator = UInt8(ascii: "\n")
  /// The queue that lines of the handler's standard output go to; nil: it is handed on.
  package var emitsTo: QueueName?
  /// Whether the handler's standard output is what its item gives back.
  package var collects = false
  /// By what items are handled.
  package var recipe: Recipe?
  /// The most bytes that an item may give back.
  package var resultLimit = 1 << 20
  package var exits = ExitTable()
  /// What handlers hold values of.
  package var pools: [Pool] = []
  /// When nothing is started.
  package var startLimits = StartLimits()
  /// What each claim reserves of budgets until it ends.
  package var reserve: Amounts = [:]
  /// Nanoseconds from TERM to KILL.
  package var killAfter: UInt64 = 5_000_000_000
  /// Items to claim at most; nil: all.
  package var limit: Int?
  /// Go on when the queue is drained.
  package var follows = false
  /// End as soon as nothing can be claimed.
  package var waits = true

  /// The most handlers at once.
  package static let maximumSlots = 4_096

  /// Variables that each run, or each worker, sets anew.
  package static let ownVariables: Set<[UInt8]> = Set(
    [
      "Q_ID", "Q_IDS", "Q_ATTEMPT", "Q_MAX_ATTEMPTS", "Q_QUEUE", "Q_STORE", "Q_SLOT", "Q_TOKEN",
      "Q_CONTROL", "Q_PROTOCOL", "Q_STREAM",
    ].map { Array($0.utf8) })

  package init(
    queue: QueueName, store: String, defaultSlots: Int, program: Program, template: HandlerTemplate
  ) {
    self.queue = queue
    self.store = store
    self.defaultSlots = defaultSlots
    self.program = program
    self.template = template
  }
}

/// What a worker goes by: what it was told itself, else what the queue is set to, else the defaults.
struct RunSettings: Equatable {
  let policy: RetryPolicy
  /// Nanoseconds a handler may take; nil: as long as it likes.
  let timeout: UInt64?
  let rate: Rate?
  /// Handlers at once.
  let slots: Int

  init(_ plan: WorkPlan, queue: QueueSettings) {
    let given = plan.given.filled(from: queue)
    policy = given.applied(to: RetryPolicy())
    timeout = given.timeout.map { UInt64(clamping: $0.wholeMicroseconds) &* 1_000 }
    rate = given.rate
    slots = given.workers.map(Int.init) ?? plan.defaultSlots
  }
}
