import OrderedStore
import QueueCore

/// The items: their records, their states, and what follows from them.
extension Repairer {
  /// Removes entries of `ids` that lead to an item of another id, or can lead to none.
  mutating func repairIndex(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .ids) { session, bytes in
      if try isPruned(bytes, session) {
        let queue = bytes[..<4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        return pruned[queue, default: 0] += 1
      }
      guard let key = try target(of: bytes, session), bytes.count > 4 else {
        try remove(bytes, from: .ids, session)
        return repairs.note("ids had an entry that means nothing: removed")
      }
      switch try record(of: key, session) {
      case .whole(let id, _), .withoutPayload(let id):
        if isKey(bytes, of: id, in: key.queue, session) { return }
      case .missing, .unreadable:
        // A short id is all in its entry.
        if bytes.count <= 4 + Format.longestDirectID { return }
      }
      try remove(bytes, from: .ids, session)
      repairs.note("an entry of ids led to \(Self.name(key)), which has not that id: removed")
    }
  }

  private func isKey(
    _ entry: [UInt8], of id: [UInt8], in queue: UInt32, _ session: borrowing WriteSession
  ) -> Bool {
    id.withUnsafeBytes { IDIndex(reading: session.reading).isKey(entry, of: $0, in: queue) }
  }

  /// Whether an entry of `ids` is what stays known of a pruned item.
  private func isPruned(_ entry: [UInt8], _ session: borrowing WriteSession) throws -> Bool {
    guard entry.count > 4, let value = try session.transaction.bytes(for: entry, in: .ids),
      value.count != 8,
      withBytes(value, { value in withBytes(entry) { PrunedID.isWhole(value, under: $0) } })
    else { return false }
    if entry.count <= 4 + Format.longestDirectID { return true }
    let queue = entry[..<4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    return isKey(entry, of: Array(value.dropFirst(17)), in: queue, session)
  }

  /// The item that an entry of `ids` leads to; nil when it leads nowhere.
  private func target(
    of entry: [UInt8], _ session: borrowing WriteSession
  ) throws -> ItemKey? {
    guard entry.count >= 4,
      let rank = try session.transaction.bytes(for: entry, in: .ids),
      rank.count == 8
    else { return nil }
    return ItemKey(
      queue: entry[..<4].reduce(0) { $0 << 8 | UInt32($1) },
      rank: rank.reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Gives every item exactly one status, an entry in `ids`, and one in `due` if it is delayed.
  mutating func repairItems(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .items) { session, bytes in
      guard let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }) else {
        try remove(bytes, from: .items, session)
        return repairs.note("items had a key that means nothing: removed")
      }
      sequences[key.queue] = max(sequences[key.queue] ?? 0, key.sequence)
      switch try record(of: key, session) {
      case .missing: return
      case .unreadable: hasUnreadable = true
      case .withoutPayload(let id):
        try write(id: id, of: key, &session)
        let tally = try states(of: key, &session).first?.tally ?? Tally()
        try put(ended("its payload was lost", tally), of: key, &session)
        repairs.note("\(Self.name(key)) had no payload any more: made failed")
        try repairItem(key, id, &session)
      case .whole(let id, _):
        try repairItem(key, id, &session)
      }
    }
  }

  /// Makes records again that are lost but whose id is known, from the entries of `ids` that are left.
  mutating func repairRecords(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .ids) { session, bytes in
      guard try !isPruned(bytes, session), let key = try target(of: bytes, session) else { return }
      switch try record(of: key, session) {
      case .whole(let id, _), .withoutPayload(let id):
        // Another entry that led to the same item may have made it just now.
        if isKey(bytes, of: id, in: key.queue, session) { return }
        try remove(bytes, from: .ids, session)
        return repairs.note("an entry of ids led to \(Self.name(key)) too: removed")
      case .missing, .unreadable: break
      }
      let id = Array(bytes.dropFirst(4))
      sequences[key.queue] = max(sequences[key.queue] ?? 0, key.sequence)
      try write(id: id, of: key, &session)
      let states = try states(of: key, &session)
      if let ending = states.first, ending.status == .done || ending.status == .failed {
        repairs.note("\(Self.name(key)) had no record: made again from its id")
      } else {
        try put(ended("its record was lost", states.first?.tally ?? Tally()), of: key, &session)
        repairs.note("\(Self.name(key)) had no record: made again from its id, as failed")
      }
      try repairItem(key, id, &session)
    }
  }

  /// Removes records that cannot be read and of which nothing tells the id.
  mutating func removeUnreadable(_ session: inout WriteSession) throws {
    guard hasUnreadable else { return }
    try session.forEachKey(in: .items) { session, bytes in
      let key = try withBytes(bytes) { try ItemKey(bytes: $0) }
      guard case .unreadable = try record(of: key, session) else { return }
      try forget(key, session)
      repairs.note("\(Self.name(key)) cannot be read, and nothing tells its id: removed")
    }
  }

  private mutating func repairItem(
    _ key: ItemKey, _ id: [UInt8], _ session: inout WriteSession
  ) throws {
    guard try repairID(key, id, session) else { return }
    var states = try states(of: key, &session)
    if states.isEmpty {
      states = [.pending(Tally())]
      try put(states[0], of: key, &session)
      repairs.note("\(Self.name(key)) was in no status: made pending")
    }
    var state = states[0]
    if states.count > 1 {
      try put(state, of: key, &session)
      repairs.note(
        "\(Self.name(key)) was in \(states.map(\.status.rawValue).joined(separator: ", ")): "
          + "kept \(state.status.rawValue)")
    }
    if case .processing(let hold) = state {
      highestToken = max(highestToken, hold.token)
      if let worker = hold.worker, !workers.contains(worker) {
        highestWorker = max(highestWorker, worker.number)
        state = .pending(hold.tally)
        try put(state, of: key, &session)
        repairs.note(
          "\(Self.name(key)) was claimed by worker \(worker.number), which is not registered: "
            + "made pending")
      } else if try LeaseKey(hold).map({ try !holds(key, $0, session) }) ?? false {
        try session.putLease(key, hold)
        repairs.note("\(Self.name(key)) was leased without an entry in leases: entered")
      }
    }
    if case .delayed(var delay) = state, delay.until.microseconds < 0 {
      delay.until = now
      state = .delayed(delay)
      try put(state, of: key, &session)
      repairs.note("\(Self.name(key)) was delayed until before 1970: due now")
    }
    if case .delayed(let delay) = state, delay.reason != .awaiting,
      try !isDue(DueKey(queue: key.queue, until: delay.until, rank: key.rank), session)
    {
      try session.putDue(key, delay.until)
      repairs.note("\(Self.name(key)) was delayed without an entry in due: entered")
    }
    counts[key.queue, default: Counts()].add(state)
    noteGroup(of: key, state)
    noteBatch(of: state)
  }

  /// False when another item has the id already, and this one is removed.
  private mutating func repairID(
    _ key: ItemKey, _ id: [UInt8], _ session: borrowing WriteSession
  ) throws -> Bool {
    let ids = IDIndex(reading: session.reading)
    return try withBytes(id) { id in
      if case .pruned(let known)? = try ids.look(for: id, in: key.queue)?.known {
        try ids.change(
          id, in: key.queue, from: .pruned(known), to: .item(key), session.transaction)
        pruned[key.queue, default: 1] -= 1
        repairs.note("\(Self.name(key)) had an id that said it was pruned: entered")
        return true
      }
      if let found = try ids.find(id, in: key.queue) {
        if found == key { return true }
        switch try record(of: found, session) {
        case .whole(let other, _), .withoutPayload(let other):
          guard other.elementsEqual(id) else { break }
          try forget(key, session)
          repairs.note("\(Self.name(key)) had the id of \(Self.name(found)): removed")
          return false
        case .missing, .unreadable: break
        }
        try ids.remove(id, in: key.queue, of: .item(found), from: session.transaction)
      }
      _ = try ids.insert(id, key, append: false, into: session.transaction)
      repairs.note("\(Self.name(key)) had no entry of its own in ids: entered")
      return true
    }
  }

  /// Removes an item's record and states; what else belongs to it is a stray then.
  private func forget(_ key: ItemKey, _ session: borrowing WriteSession) throws {
    for table in [.items] + Status.allCases.map(\.table) {
      _ = try key.withBytes { try session.transaction.delete($0, in: table) }
    }
  }

  // MARK: One item

  enum Record {
    case missing, unreadable
    case whole(id: [UInt8], isApart: Bool)
    case withoutPayload(id: [UInt8])
  }

  func record(of key: ItemKey, _ session: borrowing WriteSession) throws -> Record {
    let found = try key.withBytes {
      try session.transaction.value(for: $0, in: .items)
    }
    guard let found else { return .missing }
    var reader = RecordReader(found)
    guard let (record, place) = try? ItemRecord.head(&reader), !record.id.isEmpty else {
      return .unreadable
    }
    guard place == .apart else { return .whole(id: record.id, isApart: false) }
    let isThere = try key.withBytes {
      try session.transaction.contains($0, in: .payloads)
    }
    return isThere ? .whole(id: record.id, isApart: true) : .withoutPayload(id: record.id)
  }

  /// The states that an item has, the one further on first. One that cannot be read is removed.
  private mutating func states(
    of key: ItemKey, _ session: inout WriteSession
  ) throws -> [ItemState] {
    var states: [ItemState] = []
    for status in [Status.done, .failed, .processing, .delayed, .pending] {
      do {
        if let state = try session.reading.state(of: key, in: status) {
          states.append(state)
        }
      } catch let error as StoreError where error.code == .unsound {
        try session.delete(key, status)
        repairs.note(
          "\(Self.name(key)) had a record in \(status.rawValue) that means nothing: removed")
      }
    }
    return states
  }

  /// Makes `state` the only one of an item.
  private func put(_ state: ItemState, of key: ItemKey, _ session: inout WriteSession) throws {
    for status in Status.allCases where status != state.status {
      _ = try key.withBytes { try session.transaction.delete($0, in: status.table) }
    }
    session.writer.clear()
    StateRecord.write(state, to: &session.writer)
    try session.put(key, in: state.status.table)
  }

  /// A record of an item of which only the id is known.
  private func write(
    id: [UInt8], of key: ItemKey, _ session: inout WriteSession
  ) throws {
    var batch = ItemBatch()
    batch.append(id: id, payload: nil)
    session.writer.clear()
    batch.bytes.withUnsafeBytes { bytes in
      ItemRecord.write(batch.entries[0], of: bytes, enqueuedAt: now, to: &session.writer)
    }
    try session.put(key, in: .items)
  }

  /// Whether an entry of `leases` leads to an item.
  private func holds(
    _ key: ItemKey, _ lease: LeaseKey, _ session: borrowing WriteSession
  ) throws -> Bool {
    let found = try lease.withBytes { try session.transaction.value(for: $0, in: .leases) }
    return found.map { found in key.withBytes { found.elementsEqual($0) } } ?? false
  }

  func isDue(_ key: DueKey, _ session: borrowing WriteSession) throws -> Bool {
    try key.withBytes { try session.transaction.contains($0, in: .due) }
  }

  func remove(
    _ key: [UInt8], from table: Table, _ session: borrowing WriteSession
  ) throws {
    try session.transaction.delete(key, in: table)
  }
}
