import LMDB
public import QueueCore

extension LMDBStore {
  /// Looks at everything that is there when it begins, a page of items at a time; see ``QueueStore``.
  ///
  /// Others may write meanwhile, and no page that they free is kept from them for longer than a page
  /// takes. All that is compared is compared within one snapshot, so what is found is there.
  public func audit() throws(StoreError) -> Audit { try audit(pageOf: 10_000) {} }

  /// The same; `between` is called after each page.
  func audit(
    pageOf limit: Int, between: () throws(StoreError) -> Void
  ) throws(StoreError) -> Audit {
    var auditor = Auditor(reading: try read { $1 })
    try read { transaction, _ in try auditor.begin(transaction) }
    while !auditor.hasSeenItems {
      try read { transaction, _ in try auditor.lookAtItems(limit, transaction) }
      try between()
    }
    try read { transaction, _ in
      try auditor.lookAtTotals(transaction)
      try auditor.lookAtQueues(transaction)
    }
    for suspect in auditor.suspects {
      try between()
      try read { transaction, _ in try auditor.count(suspect, transaction) }
    }
    while !auditor.hasSeenPayloads {
      try between()
      try read { transaction, _ in try auditor.lookAtPayloads(limit, transaction) }
    }
    return auditor.audit
  }
}
