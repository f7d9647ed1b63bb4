import QueueCore

/// What becomes pending, and who gets what.
extension MemoryStore {
  func promote(_ name: QueueName) {
    let released = releaseAwaiting(name)
    guard let queue = queues[name] else { return }
    let due = queue.entries.compactMap { key, entry -> (Timestamp, ItemKey)? in
      guard case .delayed(let delay) = entry.state, delay.awaited.isEmpty, delay.until <= now
      else { return nil }
      return (delay.until, key)
    }
    for (_, key) in due.sorted(by: { $0 < $1 }).prefix(Turn.maximumItems - released) {
      apply(.due, to: key, in: name)
    }
  }

  /// What is to be claimed.
  struct Wish {
    var wanted: Int
    var holder: Holder
    /// Bytes of payloads; nil: without any.
    var budget: Int?
    var rate: Rate?
    var reserve: Amounts = [:]
    var passesOver: (ItemID) -> Bool
  }

  func claim(
    from name: QueueName, _ wish: Wish
  ) -> (claims: [Claim], passedOver: [ItemID]) {
    guard let queue = queues[name], !(queue.settings.pause?.holds(at: now) ?? false)
    else { return ([], []) }
    var claims: [Claim] = []
    var passedOver: [ItemID] = []
    var payloadBytes = 0
    let rate = wish.rate ?? queue.settings.rate
    var wanted = min(wish.wanted, Turn.maximumItems)
    if let rate { wanted = rate.admit(wanted, after: queue.nextStart, now: now).count }
    wanted = min(
      wanted, limits(of: name, and: wish.reserve).room(reserving: wish.reserve, now: now))
    let heldBack = revokedRuns.filter { $0.key.key.queue == queue.number }.map(\.value.id)
    func hasRoom() -> Bool {
      claims.count < wanted && passedOver.count < Turn.maximumItems
        && (claims.isEmpty || payloadBytes < wish.budget ?? .max)
    }
    func take(_ key: ItemKey) -> Bool {
      guard let entry = queue.entries[key], !heldBack.contains(entry.id) else { return false }
      if wish.passesOver(entry.id) {
        passedOver.append(entry.id)
        return false
      }
      apply(.claim(token: nextToken, holder: wish.holder), to: key, in: name)
      queues[name]?.entries[key]?.reserved = wish.reserve
      queues[name]?.purse.units.formUnion(wish.reserve.keys)
      claims.append(
        Claim(
          token: Token(number: nextToken, key: key, incarnation: incarnation), id: entry.id,
          payload: wish.budget == nil ? nil : entry.payload, tally: entry.state.tally, since: now))
      nextToken += 1
      payloadBytes += entry.payload?.count ?? 0
      return true
    }
    let pending = queue.keys { $0.status == .pending }
    if queue.groups != nil {
      if wish.wanted > 0, !pending.isEmpty {
        claimInTurn(from: name, hasRoom: hasRoom, take: take)
      }
    } else {
      for key in pending where hasRoom() { _ = take(key) }
    }
    if let rate, !claims.isEmpty {
      let admitted = rate.admit(claims.count, after: queue.nextStart, now: now)
      queues[name]?.nextStart = admitted.next
    }
    return (claims, passedOver)
  }
}
