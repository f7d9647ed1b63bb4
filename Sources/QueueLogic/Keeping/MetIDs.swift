import OrderedStore
import QueueCore

/// The ids of a batch, as they were met in their queue: new ones, and what becomes of those that it knows.
struct MetIDs {
  private let batch: ItemBatch
  /// Indices of the items that are to be entered.
  var new: [UInt32] = []
  /// How many known items are pending again, or will be.
  private(set) var requeued = 0
  /// Indices of those that have come with another payload, which was refused.
  private(set) var refused: [UInt32] = []
  /// Those whose items decide; none where known items stay as they are.
  private var known: [(index: UInt32, key: ItemKey)] = []

  init(_ batch: ItemBatch) { self.batch = batch }

  /// Whether as many known items were met as one transaction moves.
  var isFull: Bool { known.count >= Turn.maximumItems }

  /// Notes an id that is known, or comes a second time; true when its item was pruned and is to be entered anew,
  /// under a key.
  mutating func isNew(
    _ index: UInt32, _ key: ItemKey, _ known: IDIndex.Known?, _ session: inout WriteSession
  ) throws -> Bool {
    if batch.known.areIgnored { return false }
    switch known {
    case nil: return true
    case .item(let item)?:
      self.known.append((index, item))
      return false
    case .pruned(let pruned)?:
      let isOther = Fingerprint(of: payload(at: index)) != pruned.fingerprint
      if isOther, batch.known.changed == .error {
        refused.append(index)
        return false
      }
      guard isOther && batch.known.changed == .requeue || batch.known.again.contains(pruned.status)
      else { return false }
      try withBytes(batch.id(at: Int(index)).bytes) {
        try IDIndex(reading: session.reading).change(
          $0, in: key.queue, from: .pruned(pruned), to: .item(key), session.transaction)
      }
      try session.lowerPruned(of: key.queue)
      return true
    }
  }

  private func payload(at index: UInt32) -> ArraySlice<UInt8>? {
    let entry = batch.entries[Int(index)]
    guard entry.payloadLength >= 0 else { return nil }
    return batch.bytes[entry.payloadStart..<entry.payloadStart + entry.payloadLength]
  }

  /// Does what becomes of known items, in the order in which they came, once the new ones are there.
  mutating func requeue(_ session: inout WriteSession) throws {
    known.sort { $0.index < $1.index }
    var moves = MoveBatch()
    for (index, key) in known {
      // What was decided before may be of this one.
      if !moves.takes(key) { try session.apply(&moves) }
      guard let state = try session.reading.state(of: key) else {
        throw StoreError.unsound("an id leads to an item in no status")
      }
      guard let event = try event(index, key, state, session) else { continue }
      if event == .changed, batch.known.changed == .error {
        refused.append(index)
        continue
      }
      let change = try Transition.apply(event, to: state, policy: RetryPolicy(), now: session.now)
      if event == .changed { try session.replacePayload(of: key, by: batch, at: Int(index)) }
      if change.after != state { moves.add(ItemMove(key: key, before: state, change: change)) }
      requeued += 1
    }
    try session.apply(&moves)
  }

  /// What happens to a known item; nil: nothing.
  private func event(
    _ index: UInt32, _ key: ItemKey, _ state: ItemState, _ session: borrowing WriteSession
  ) throws -> Event? {
    if batch.known.changed != .ignore {
      let found = try session.reading.record(of: key, withPayload: true)
      let isSame = found?.payload.map { $0[...] } == payload(at: index)
      if !isSame { return .changed }
    }
    return batch.known.again.contains(state.status) ? .rerun : nil
  }
}

extension WriteSession {
  /// Gives an item the payload of another one in a batch.
  fileprivate mutating func replacePayload(
    of key: ItemKey, by batch: ItemBatch, at index: Int
  ) throws {
    guard let old = try reading.record(of: key, withPayload: false) else {
      throw StoreError.unsound("an item has no record")
    }
    let entry = batch.entries[index]
    writer.clear()
    batch.bytes.withUnsafeBytes {
      ItemRecord.write(entry, of: $0, enqueuedAt: old.record.enqueuedAt, to: &writer)
    }
    try put(key, in: .items)
    try key.withBytes { key in
      if ItemRecord.isApart(entry) {
        let payload = entry.payloadStart..<entry.payloadStart + entry.payloadLength
        try batch.bytes.withUnsafeBytes {
          try transaction.put(
            UnsafeRawBufferPointer(rebasing: $0[payload]), for: key, in: .payloads)
        }
      } else if old.isApart {
        _ = try transaction.delete(key, in: .payloads)
      }
    }
  }
}
