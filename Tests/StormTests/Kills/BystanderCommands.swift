/// What somebody does beside the workers and enqueuers of a kill storm.
enum BystanderCommands {
  /// What changes no item that the journal knows of, but writes, reads and wakes all the same.
  static let all = [
    ["q-list", "--all", "--long"], ["q-list", "pending", "processing"], ["q-stats", "--errors"],
    ["q-stats", "--all", "--json"], ["q-show", "b0-1", "b1-1"], ["q-retry", "--all", "--quiet"],
    ["q-remove", "--quiet", "no-such-item"], ["q-pause", "--quiet", "--for", "30ms"],
    ["q-resume", "--quiet"], ["q-config", "max-losses=0"],
    ["q-wait", "--quiet", "--timeout", "50ms"],
    ["q-check"],
  ]

  /// Limits are lowered and set back, and not raised beyond what the handlers allow.
  static let ofLimits = [
    ["q-stats", "--groups"], ["q-stats", "--groups", "--json"], ["q-list", "--group", "g1"],
    ["q-stats", "--batches", "--json"], ["q-list", "--batch", "b1"],
    ["q-retry", "--quiet", "--batch", "b2"],
    ["q-wait", "--quiet", "--timeout", "50ms", "--batch", "b0"],
    ["q-config", "group-limit=1"], ["q-config", "group-limit=2"],
    ["q-config", "--group", "g2", "limit=1"], ["q-config", "--group", "g2", "limit="],
    ["q-config", "--group", "g3", "rate=20/s"], ["q-config", "--group", "g3", "rate="],
    ["q-retry", "--quiet", "--group", "g4"],
    ["q-stats", "--budgets"], ["q-config", "budget.usd=0.0001"], ["q-config", "budget.usd="],
  ]
}
