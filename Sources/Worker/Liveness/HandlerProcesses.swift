package import QueueCore

/// What runs for a claim, for people who want to look at it.
package enum HandlerProcesses {
  /// The processes that carry the claim's token in their environment, or are in its handler's
  /// recorded group; empty when none can be seen.
  package static func of(_ token: Token, worker: WorkerID, store: String) -> [Int32] {
    let records = (try? RunRecords.read(store: store, worker: worker.number))??.records ?? []
    let suspect = Suspect(
      token: token.number, tokenText: Array(token.text.utf8),
      record: records.first { $0.token == token.number })
    return ((try? ProcessScan.orphans(of: [suspect])) ?? []).map(\.pid).sorted()
  }
}
