import OrderedStore
import QueueCore

/// The turns of a queue's groups while a claim goes on: those that the store has, merged with those of groups
/// that have gone to the end meanwhile.
struct ClaimRound {
  /// A group whose turn has come.
  struct Member {
    /// As it is with what was claimed so far.
    var record: GroupRecord
    /// Where to look for its next item.
    var next: UInt64 = 0
    /// The first item that was passed over.
    var firstLeft: UInt64?
    /// Whether something of it was claimed.
    var hasClaimed = false
    /// nil: it has none any more.
    var turn: TurnKey?
  }

  private static let page = 256

  let queue: QueueRecord
  /// By number, and in the order in which their turns came first.
  private(set) var members: [UInt32: Member] = [:]
  private(set) var order: [UInt32] = []
  private var page: ArraySlice<TurnKey> = []
  private var last: TurnKey?
  private var isAtEnd = false
  /// Turns of groups that have gone to the end, in order.
  private var returned: [TurnKey] = []
  private var nextReturned = 0

  init(_ queue: QueueRecord) { self.queue = queue }

  /// Whose turn it is; nil when there is none left.
  mutating func next(_ reading: StoreReading) throws -> TurnKey? {
    if page.isEmpty, !isAtEnd { try fill(reading) }
    let again = nextReturned < returned.count ? returned[nextReturned] : nil
    if let first = page.first, again.map({ Self.isBefore(first, $0) }) ?? true {
      page.removeFirst()
      return first
    }
    if again != nil { nextReturned += 1 }
    return again
  }

  private mutating func fill(_ reading: StoreReading) throws {
    var found: [TurnKey] = []
    try reading.walkTurns(of: queue.number, 1, after: last) { turn in
      found.append(turn)
      return found.count < Self.page
    }
    isAtEnd = found.count < Self.page
    last = found.last ?? last
    page = found[...]
  }

  private static func isBefore(_ left: TurnKey, _ right: TurnKey) -> Bool {
    guard case .ready(let a, let first) = left.place, case .ready(let b, let second) = right.place
    else { return false }
    return (a, first) < (b, second)
  }

  /// The group whose turn it is.
  mutating func member(
    _ turn: TurnKey, _ read: (GroupKey) throws -> GroupRecord
  ) throws -> Member {
    if let member = members[turn.group.number] { return member }
    order.append(turn.group.number)
    return Member(record: try read(turn.group), turn: turn)
  }

  /// Remembers what became of it; a new turn comes in its order.
  mutating func put(_ member: Member, comesAgain: Bool = false) {
    members[member.record.key.number] = member
    guard comesAgain, let turn = member.turn else { return }
    var place = returned.count
    while place > nextReturned, Self.isBefore(turn, returned[place - 1]) { place -= 1 }
    returned.insert(turn, at: place)
  }
}

extension WriteSession {
  /// Claims from a queue that has had groups: in turn.
  mutating func claimInTurn(
    from queue: UInt32, _ demand: ClaimDemand, _ wanted: Int, _ heldBack: Set<[UInt8]>,
    into claimed: inout Claimed
  ) throws {
    try touchRested(of: queue)
    try placeGroups()
    var round = ClaimRound(try self.queue(queue))
    var moves = MoveBatch()
    while claimed.hasRoom(wanted, demand), let turn = try round.next(reading) {
      try claim(turn, &round, demand, heldBack, into: &claimed, &moves)
    }
    moves.sort()
    try apply(&moves)
    for number in round.order {
      guard let member = round.members[number] else { continue }
      if let turn = member.turn {
        if member.hasClaimed { try give(turn, nextStart: member.record.nextStart) }
      } else {
        try update(member.record.key, isFirstNew: true) { $0.nextStart = member.record.nextStart }
      }
    }
  }

  /// Claims one item of the group whose turn it is, and has that go to the end.
  private mutating func claim(
    _ turn: TurnKey, _ round: inout ClaimRound, _ demand: ClaimDemand, _ heldBack: Set<[UInt8]>,
    into claimed: inout Claimed, _ moves: inout MoveBatch
  ) throws {
    var member = try round.member(turn) { try group($0) }
    let key = turn.group
    // The limit may have been lowered.
    guard mayStart(member, round.queue) else {
      member.turn = nil
      return round.put(member)
    }
    let since = round.queue.grouping?.since ?? 0
    while claimed.passedOver.count < Turn.maximumItems,
      let rank = try reading.firstPending(of: key, from: member.next, since: since)
    {
      let item = ItemKey(queue: key.queue, rank: rank)
      guard let state = try reading.state(of: item, in: .pending) else {
        throw StoreError.unsound("an item waits for its group's turn, but is not pending")
      }
      guard rank < .max else { break }
      member.next = rank + 1
      guard try take(item, state, demand, heldBack, into: &claimed, &moves) else {
        member.firstLeft = member.firstLeft ?? rank
        continue
      }
      member.hasClaimed = true
      member.record.move(.pending, to: .processing)
      if key.number != 0, let rate = member.record.settings.filled(from: round.queue.settings).rate
      {
        member.record.nextStart = rate.admit(1, after: member.record.nextStart, now: now).next
      }
      member.turn = nil
      if mayStart(member, round.queue),
        let first = try member.firstLeft
          ?? reading.firstPending(of: key, from: member.next, since: since)
      {
        let priority = ItemKey(queue: key.queue, rank: first).priority
        member.turn = TurnKey(
          key, .ready(priority: priority, turn: try nextTurn(of: key.queue)))
      }
      return round.put(member, comesAgain: true)
    }
    // Nothing of it can be claimed now: it keeps its turn.
    round.put(member)
  }

  private func mayStart(_ member: ClaimRound.Member, _ queue: QueueRecord) -> Bool {
    let summary = member.record.summary
    return !summary.isFull(queue.settings) && summary.opening(queue.settings, now: now) == nil
  }
}
