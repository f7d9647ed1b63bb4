import QueueCore

extension Ledger {
  /// Takes no more; what is claimed and not started goes back.
  func end(because reason: WorkReport.End) {
    if ending == nil { ending = reason }
    giveBack()
  }

  /// Gives claims back that no slot has taken.
  func giveBack() {
    for claim in sharing.ready.popAll() { release(claim) }
  }

  /// Gives a claim back unharmed, with the next commit.
  func release(_ claim: Claim) {
    ended.append(
      Ended(settlement: Settlement(releasing: claim.token), duration: nil, id: claim.id))
  }
}

extension Settlement {
  /// Gives a claim back unharmed.
  init(releasing token: Token) {
    let now = Timestamp.now()
    self.init(
      token: token, outcome: .released,
      run: RunSummary(exit: nil, startedAt: now, endedAt: now, message: []), jitter: 0)
  }
}
