import OrderedStore
import QueueCore

/// Entries that belong to no item.
extension Repairer {
  /// Removes what has a key without an item, and what is due but not delayed.
  mutating func removeStrays(_ session: inout WriteSession) throws {
    for status in Status.allCases {
      try removeStrays(from: status.table, status.rawValue, &session)
    }
    try removeStrays(from: .outputs, "outputs", &session)
    try repairRecipes(&session)
    try session.forEachKey(in: .payloads) { session, bytes in
      if let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }),
        case .whole(_, isApart: true) = try record(of: key, session)
      {
        return
      }
      try remove(bytes, from: .payloads, session)
      repairs.note("payloads had one that belongs to no item: removed")
    }
    try session.forEachKey(in: .due) { session, bytes in
      if let due = try? withBytes(bytes, { try DueKey(bytes: $0) }),
        case .delayed(let delay)? = try session.reading.state(
          of: ItemKey(queue: due.queue, rank: due.rank), in: .delayed),
        delay.until == due.until, delay.reason != .awaiting
      {
        return
      }
      try remove(bytes, from: .due, session)
      repairs.note("due had an entry that belongs to no delayed item: removed")
    }
    try session.forEachKey(in: .leases) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .leases) ?? []
      if let key = try? withBytes(value, { try ItemKey(bytes: $0) }),
        case .processing(let hold)? = try session.reading.state(of: key, in: .processing),
        LeaseKey(hold)?.withBytes({ bytes.elementsEqual($0) }) ?? false
      {
        return
      }
      try remove(bytes, from: .leases, session)
      repairs.note("leases had an entry that belongs to no leased item: removed")
    }
  }

  /// Keeps the recipes of items that have ended.
  private mutating func repairRecipes(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .recipes) { session, bytes in
      if let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }),
        try session.reading.state(of: key)?.ending != nil,
        (try? session.reading.recipe(of: key)) != nil
      {
        withRecipes.insert(key.queue)
        return
      }
      try remove(bytes, from: .recipes, session)
      repairs.note("recipes had an entry that is none, or of no item that has ended: removed")
    }
  }

  private mutating func removeStrays(
    from table: Table, _ what: String, _ session: inout WriteSession
  ) throws {
    try session.forEachKey(in: table) { session, bytes in
      let isThere = try withBytes(bytes) {
        try session.transaction.contains($0, in: .items)
      }
      guard !isThere else { return }
      try remove(bytes, from: table, session)
      let key = try? withBytes(bytes) { try ItemKey(bytes: $0) }
      repairs.note("\(what) had a key without an item, \(key.map(Self.name) ?? "no key"): removed")
    }
  }
}
