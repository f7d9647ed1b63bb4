import OrderedStore
import QueueCore

extension WriteSession {
  /// Claims the first pending items, or those whose groups' turn it is, but for the ids of revoked claims and those
  /// that are passed over.
  mutating func claim(
    from queue: UInt32, _ demand: ClaimDemand, _ revoked: [RevokedRun]
  ) throws -> Claimed {
    var claimed = Claimed()
    let record = try self.queue(queue)
    let rate = demand.rate ?? record.settings.rate
    var wanted = min(demand.wanted, Turn.maximumItems)
    guard wanted > 0, record.counts.pending > 0,
      !(record.settings.pause?.holds(at: now) ?? false)
    else { return claimed }
    if let rate { wanted = rate.admit(wanted, after: record.nextStart, now: now).count }
    let limits = try reading.limits(of: record, and: demand.reserve) { try spending($0) }
    wanted = min(wanted, limits.room(reserving: demand.reserve, now: now))
    guard wanted > 0 else { return claimed }
    let heldBack = try Set(revoked.map { try reading.id(of: $0) })
    if record.grouping != nil {
      try claimInTurn(from: queue, demand, wanted, heldBack, into: &claimed)
    } else {
      try claimInOrder(from: queue, demand, wanted, heldBack, into: &claimed)
    }
    try reserve(demand.reserve, for: claimed.claims)
    if let rate, !claimed.claims.isEmpty {
      let next = rate.admit(claimed.claims.count, after: record.nextStart, now: now).next
      try update(queue) { $0.nextStart = next }
    }
    return claimed
  }

  private static var payloadsAtOnce: Int { 64 }

  private mutating func claimInOrder(
    from queue: UInt32, _ demand: ClaimDemand, _ wanted: Int, _ heldBack: Set<[UInt8]>,
    into claimed: inout Claimed
  ) throws {
    var last: ItemKey?
    var moves = MoveBatch()
    // Once, unless something is passed over.
    while claimed.hasRoom(wanted, demand) {
      let limit = wanted - claimed.claims.count + heldBack.count
      let candidates = try firstPending(of: queue, after: last, limit)
      // Whoever claims would ask again and again.
      if candidates.isEmpty, last == nil {
        throw StoreError.unsound("pending items are counted, but none is there")
      }
      try reading.prefetch(candidates.map { $0.key }, in: [.items])
      for place in candidates.indices where claimed.hasRoom(wanted, demand) {
        // A few: they may be large, and no more are claimed than fit.
        if place % Self.payloadsAtOnce == 0 {
          try reading.prefetch(
            payloadsOf: candidates[place...].prefix(Self.payloadsAtOnce).lazy.map(\.key))
        }
        let state = candidates[place].state
        _ = try take(candidates[place].key, state, demand, heldBack, into: &claimed, &moves)
      }
      last = candidates.last?.key
      if candidates.count < limit { break }
    }
    try apply(&moves)
  }

  private func firstPending(
    of queue: UInt32, after last: ItemKey?, _ limit: Int
  ) throws -> [(key: ItemKey, state: ItemState)] {
    var found: [(key: ItemKey, state: ItemState)] = []
    let start = last ?? ItemKey(queue: queue, rank: 0)
    try reading.walk(.pending, from: start) { key, state in
      guard key.queue == queue else { return false }
      if key != last { found.append((key, state)) }
      return found.count < limit
    }
    return found
  }
}
