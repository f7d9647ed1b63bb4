import LMDB
import QueueCore

/// The sub-databases of an environment; what is in each is in ``Format``.
struct Databases {
  let items, payloads, ids: Database
  let pending, delayed, due, processing, done, failed: Database
  let outputs, queues, names, meta, workers, history: Database

  /// Makes them all, in a new environment.
  init(creatingIn transaction: borrowing WriteTransaction) throws(LMDBError) {
    items = try transaction.createDatabase(named: "items")
    payloads = try transaction.createDatabase(named: "payloads")
    ids = try transaction.createDatabase(named: "ids")
    pending = try transaction.createDatabase(named: "pending")
    delayed = try transaction.createDatabase(named: "delayed")
    due = try transaction.createDatabase(named: "due")
    processing = try transaction.createDatabase(named: "processing")
    done = try transaction.createDatabase(named: "done")
    failed = try transaction.createDatabase(named: "failed")
    outputs = try transaction.createDatabase(named: "outputs")
    queues = try transaction.createDatabase(named: "queues")
    names = try transaction.createDatabase(named: "names")
    meta = try transaction.createDatabase(named: "meta")
    workers = try transaction.createDatabase(named: "workers")
    history = try transaction.createDatabase(named: "history")
  }

  /// Opens them all; nil when one is missing, so this is not a store, or not a whole one.
  init?(openingIn environment: Environment) throws(LMDBError) {
    guard let items = try environment.openDatabase(named: "items"),
      let payloads = try environment.openDatabase(named: "payloads"),
      let ids = try environment.openDatabase(named: "ids"),
      let pending = try environment.openDatabase(named: "pending"),
      let delayed = try environment.openDatabase(named: "delayed"),
      let due = try environment.openDatabase(named: "due"),
      let processing = try environment.openDatabase(named: "processing"),
      let done = try environment.openDatabase(named: "done"),
      let failed = try environment.openDatabase(named: "failed"),
      let outputs = try environment.openDatabase(named: "outputs"),
      let queues = try environment.openDatabase(named: "queues"),
      let names = try environment.openDatabase(named: "names"),
      let meta = try environment.openDatabase(named: "meta"),
      let workers = try environment.openDatabase(named: "workers"),
      let history = try environment.openDatabase(named: "history")
    else { return nil }
    self.items = items
    self.payloads = payloads
    self.ids = ids
    self.pending = pending
    self.delayed = delayed
    self.due = due
    self.processing = processing
    self.done = done
    self.failed = failed
    self.outputs = outputs
    self.queues = queues
    self.names = names
    self.meta = meta
    self.workers = workers
    self.history = history
  }

  /// Where the items of a status are.
  subscript(status: Status) -> Database {
    switch status {
    case .pending: pending
    case .delayed: delayed
    case .processing: processing
    case .done: done
    case .failed: failed
    }
  }
}
