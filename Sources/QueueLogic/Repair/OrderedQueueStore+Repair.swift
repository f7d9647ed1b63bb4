public import QueueCore

extension OrderedQueueStore {
  /// Derives again what can be derived from the rest of the store, in one transaction: others wait
  /// for it, or give up with `.busy`. A sound store is left as it is. What cannot be derived stays,
  /// to be found by the next audit.
  ///
  /// Items whose payload or record is lost end at the moment of the repair. Throws `.busy` while a worker lives, or
  /// something that a worker started: what is claimed is theirs; and what `write` throws.
  public func repair() throws(StoreError) -> Repairs {
    try write { session in
      try presence.refuseLife()
      var repairer = Repairer(now: session.now)
      try repairer.repairWorkers(&session)
      try repairer.repairIndex(&session)
      try repairer.repairItems(&session)
      try repairer.repairRecords(&session)
      try repairer.removeUnreadable(&session)
      try repairer.removeStrays(&session)
      try repairer.repairQueues(&session)
      try repairer.repairGroups(&session)
      try repairer.repairBatches(&session)
      try repairer.repairBudgets(&session)
      try repairer.repairResults(&session)
      try repairer.repairNumbers(&session)
      return repairer.repairs
    }
  }
}
