import QueueCore

extension KillStorm {
  /// Millionths of which handlers have said that they spent them.
  var spendingTold: UInt64 { UInt64(fixture.text(of: fixture.ledger + "/spent").utf8.count) }

  /// What must never be, once everything has come to its end: the journal, the handlers' ledger and
  /// the store compared with one another.
  func verdict(_ done: [Item]) -> [String] {
    // A storm that was broken off leaves everything halfway.
    guard violations.isEmpty else { return violations }
    var found: [String] = []
    do {
      let (spending, told) = (try fixture.spending(), spendingTold)
      if spending.reserved != .zero || spending.spent.millionths < told {
        found.append("\(told) millionths were spent, the store says \(spending)")
      }
      for batch in try fixture.batches() where !batch.isOver(.complete) {
        found.append("batch \(batch.number) is not complete in a drained queue: \(batch)")
      }
    } catch {
      found.append("no look at batches: \(error)")
    }
    let left = Set(done.map(\.id.description))
    if left.count != done.count { found.append("an id is there twice") }
    for id in left where journal.standing[id] == nil { found.append("\(id) came from nowhere") }
    for id in journal.ids(.acknowledged) where !left.contains(id) {
      found.append("\(id) was acknowledged and is not there")
    }
    for id in journal.ids(.removed) where left.contains(id) {
      found.append("\(id) was removed and is there")
    }
    for id in left.subtracting(ledger.ended).subtracting(journal.answered) {
      found.append("\(id) is done and never ran to its end")
    }
    for event in ledger.events where event.kind == .start {
      if journal.standing[event.id] == .removed, let time = journal.removedAt[event.id],
        event.time > time
      {
        found.append("\(event.id) ran after it was removed")
      }
      if Int(event.attempt) > 1 + (journal.handlerKills[event.id] ?? 0) {
        found.append("\(event.id) was charged for a loss: attempt \(event.attempt)")
      }
    }
    // Each item settled once as succeeded, and once for each time its handler was killed.
    for item in done {
      let (tally, id) = (item.state.tally, item.id.description)
      if tally.attempts != 1 + tally.crashes { found.append("\(id) ended with \(tally)") }
      if Int(tally.crashes) > journal.handlerKills[id] ?? 0 {
        found.append("\(id) crashed more often than it was killed: \(tally)")
      }
    }
    return found
  }
}
