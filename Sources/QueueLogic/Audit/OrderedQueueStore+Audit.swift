import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Looks at everything that is there when it begins, a page of items at a time; see ``QueueStore``.
  ///
  /// Others may write meanwhile, and no page that they free is kept from them for longer than a page
  /// takes. All that is compared is compared within one snapshot, so what is found is there.
  public func audit() throws(StoreError) -> Audit { try audit(pageOf: 10_000) {} }

  /// The same; `between` is called after each page.
  func audit(
    pageOf limit: Int, between: () throws(StoreError) -> Void
  ) throws(StoreError) -> Audit {
    var auditor = Auditor()
    try read { try auditor.begin($0) }
    while !auditor.hasSeenItems {
      try read { try auditor.lookAtItems(limit, $0) }
      try between()
    }
    try read { reading in
      try auditor.lookAtTotals(reading)
      try auditor.lookAtQueues(reading)
    }
    for suspect in auditor.suspects {
      try between()
      try read { try auditor.count(suspect, $0) }
    }
    if auditor.hasSuspectBatches {
      try between()
      try read { try auditor.countBatches($0) }
    }
    if auditor.hasSuspectEnds {
      try between()
      try read { try auditor.countEnds($0) }
    }
    if auditor.hasSuspectBudgets {
      try between()
      try read { try auditor.addUpBudgets($0) }
    }
    while !auditor.hasSeenPruned {
      try between()
      try read { try auditor.lookAtPruned(limit, $0) }
    }
    while !auditor.hasSeenPayloads {
      try between()
      try read { try auditor.lookAtPayloads(limit, $0) }
    }
    return auditor.audit
  }
}
