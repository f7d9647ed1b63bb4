import OrderedStore
import QueueCore

/// What somebody wants of a queue.
struct ClaimDemand {
  var wanted: Int
  var holder: Holder
  var payloadBudget: Int
  /// How fast to claim, if not as the queue is set to.
  var rate: Rate?
  var withPayloads = true
  /// Passes over ids that contain LF.
  var asLines = false
  /// What each claim reserves.
  var reserve: Amounts = [:]
}

/// What was claimed, and what was passed over.
struct Claimed {
  var claims: [Claim] = []
  var passedOver: [ItemID] = []
  fileprivate var payloadBytes = 0

  /// Whether it may become more.
  func hasRoom(_ wanted: Int, _ demand: ClaimDemand) -> Bool {
    let isFull = demand.withPayloads && !claims.isEmpty && payloadBytes >= demand.payloadBudget
    return claims.count < wanted && !isFull && passedOver.count < Turn.maximumItems
  }
}

extension WriteSession {
  /// Claims an item; false when it is passed over. Inlined: a state that is handed over would be copied.
  @inline(__always)
  mutating func take(
    _ key: ItemKey, _ state: ItemState, _ demand: ClaimDemand, _ heldBack: Set<[UInt8]>,
    into claimed: inout Claimed, _ moves: inout MoveBatch
  ) throws -> Bool {
    guard let item = try reading.record(of: key, withPayload: demand.withPayloads) else {
      throw StoreError.unsound("a pending key has no item")
    }
    let id = ItemID(unchecked: item.record.id)
    if !heldBack.isEmpty, heldBack.contains(id.bytes) { return false }
    if demand.asLines, id.bytes.contains(UInt8(ascii: "\n")) {
      claimed.passedOver.append(id)
      return false
    }
    let number = try updateNumbers { numbers in
      defer { numbers.token += 1 }
      return numbers.token
    }
    let event = Event.claim(token: number, holder: demand.holder)
    let change = try Transition.apply(event, to: state, policy: RetryPolicy(), now: now)
    moves.add(ItemMove(key: key, before: state, change: change))
    let payload = demand.withPayloads ? item.payload : nil
    claimed.claims.append(
      Claim(
        token: Token(number: number, key: key, incarnation: reading.identity.incarnation),
        id: id, payload: payload, tally: state.tally, since: now))
    claimed.payloadBytes += payload?.count ?? 0
    return true
  }
}
