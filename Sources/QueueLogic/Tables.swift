import OrderedStore
import QueueCore

/// The tables of a store; what is in each is in ``Format``.
extension Table {
  static var items: Table { Table(0, "items") }
  static var payloads: Table { Table(1, "payloads") }
  static var ids: Table { Table(2, "ids") }
  static var pending: Table { Table(3, "pending") }
  static var delayed: Table { Table(4, "delayed") }
  static var due: Table { Table(5, "due") }
  static var processing: Table { Table(6, "processing") }
  static var done: Table { Table(7, "done") }
  static var failed: Table { Table(8, "failed") }
  static var outputs: Table { Table(9, "outputs") }
  static var queues: Table { Table(10, "queues") }
  static var names: Table { Table(11, "names") }
  static var meta: Table { Table(12, "meta") }
  static var workers: Table { Table(13, "workers") }
  static var history: Table { Table(14, "history") }
  static var leases: Table { Table(15, "leases") }
  static var groups: Table { Table(16, "groups") }
  static var groupNames: Table { Table(17, "group-names") }
  static var grouped: Table { Table(18, "grouped") }
  static var turns: Table { Table(19, "turns") }
  static var batches: Table { Table(20, "batches") }
  static var batchNames: Table { Table(21, "batch-names") }
  static var awaiting: Table { Table(22, "awaiting") }
  static var budgets: Table { Table(23, "budgets") }
  static var spent: Table { Table(24, "spent") }
  static var results: Table { Table(25, "results") }
  static var ends: Table { Table(26, "ends") }
  static var readers: Table { Table(27, "readers") }
  static var recipes: Table { Table(28, "recipes") }

  /// All of them, in the order of their numbers.
  static var all: [Table] {
    [
      items, payloads, ids, pending, delayed, due, processing, done, failed, outputs, queues, names,
      meta, workers, history, leases, groups, groupNames, grouped, turns, batches, batchNames,
      awaiting, budgets, spent, results, ends, readers, recipes,
    ]
  }
}

extension Status {
  /// Where the items of this status are.
  var table: Table {
    switch self {
    case .pending: .pending
    case .delayed: .delayed
    case .processing: .processing
    case .done: .done
    case .failed: .failed
    }
  }
}
