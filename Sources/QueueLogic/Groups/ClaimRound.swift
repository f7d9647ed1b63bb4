import OrderedStore
import QueueCore

/// The turns of a queue's groups while a claim goes on: those that the store has, merged with those of groups
/// that have gone to the end meanwhile.
struct ClaimRound {
  /// A group whose turn has come.
  struct Member {
    /// Where it is among those that the transaction knows.
    var cached: Int
    /// Where to look for its next item.
    var next: UInt64 = 0
    /// The first item that was passed over.
    var firstLeft: UInt64?
    /// The place that a claim has given it.
    var place: GroupPlace?
  }

  private static let page = 256

  let queue: QueueRecord
  /// In the order in which their turns came first.
  var members: [Member] = []
  private var page: ArraySlice<TurnKey> = []
  private var last: TurnKey?
  private var isAtEnd = false
  /// Turns of groups that have gone to the end, in order; with the groups' places among the members.
  private var returned: [(turn: TurnKey, member: Int)] = []
  private var nextReturned = 0
  /// The number of the next turn that is given.
  private(set) var nextTurn: UInt64

  init(_ queue: QueueRecord) {
    self.queue = queue
    nextTurn = queue.grouping?.nextTurn ?? 0
  }

  /// So many groups may have a turn.
  mutating func makeRoom(for groups: Int) {
    members.reserveCapacity(groups)
    returned.reserveCapacity(groups)
  }

  /// Whose turn it is, and which member that is if it was one before; nil when there is none left.
  mutating func next(_ reading: StoreReading) throws -> (turn: TurnKey, member: Int?)? {
    if page.isEmpty, !isAtEnd { try fill(reading) }
    let again = nextReturned < returned.count ? returned[nextReturned] : nil
    if let first = page.first, again.map({ Self.isBefore(first, $0.turn) }) ?? true {
      page.removeFirst()
      return (first, nil)
    }
    guard let again else { return nil }
    nextReturned += 1
    return (again.turn, again.member)
  }

  private mutating func fill(_ reading: StoreReading) throws {
    var found: [TurnKey] = []
    found.reserveCapacity(Self.page)
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

  /// A member has the next turn from now on; it comes again in the order of that.
  mutating func put(_ group: GroupKey, _ priority: UInt8, of member: Int) {
    let turn = TurnKey(group, .ready(priority: priority, turn: nextTurn))
    nextTurn += 1
    members[member].place = turn.place
    var place = returned.count
    while place > nextReturned, Self.isBefore(turn, returned[place - 1].turn) { place -= 1 }
    returned.insert((turn, member), at: place)
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
    let atMost = Int(min(UInt64(wanted), round.queue.counts.pending))
    groups.makeRoom(for: atMost)
    round.makeRoom(for: atMost)
    var moves = MoveBatch()
    while claimed.hasRoom(wanted, demand), let (turn, member) = try round.next(reading) {
      let member = try member ?? join(turn, &round)
      try claim(turn, member, &round, demand, heldBack, into: &claimed, &moves)
    }
    if round.nextTurn != round.queue.grouping?.nextTurn {
      try update(queue) { $0.grouping?.nextTurn = round.nextTurn }
    }
    moves.sort()
    try apply(&moves, groupsAreCounted: true)
    try give(
      round.members.compactMap { member in member.place.map { (member.cached, $0) } })
  }

  private mutating func join(_ turn: TurnKey, _ round: inout ClaimRound) throws -> Int {
    round.members.append(ClaimRound.Member(cached: try cached(turn.group)))
    return round.members.count - 1
  }

  /// Claims one item of the group whose turn it is, and has that go to the end.
  private mutating func claim(
    _ turn: TurnKey, _ member: Int, _ round: inout ClaimRound, _ demand: ClaimDemand,
    _ heldBack: Set<[UInt8]>, into claimed: inout Claimed, _ moves: inout MoveBatch
  ) throws {
    let (key, cached) = (turn.group, round.members[member].cached)
    round.members[member].place = nil
    // The limit may have been lowered.
    guard groups.entries[cached].record.mayStart(round.queue.settings, now: now) else {
      return groups.touch(cached, isFirstNew: true)
    }
    let since = round.queue.grouping?.since ?? 0
    while claimed.passedOver.count < Turn.maximumItems,
      let rank = try reading.firstPending(of: key, from: round.members[member].next, since: since)
    {
      let item = ItemKey(queue: key.queue, rank: rank)
      guard let state = try reading.state(of: item, in: .pending) else {
        throw StoreError.unsound("an item waits for its group's turn, but is not pending")
      }
      guard rank < .max else { break }
      round.members[member].next = rank + 1
      guard try take(item, state, demand, heldBack, into: &claimed, &moves) else {
        let first = round.members[member].firstLeft
        round.members[member].firstLeft = first ?? rank
        continue
      }
      groups.touch(cached, isFirstNew: true)
      return try count(turn, member, &round, since)
    }
    // Nothing of it can be claimed now: it keeps its turn.
    if turn.place != groups.entries[cached].record.place {
      round.members[member].place = turn.place
    }
  }

  /// Counts what was claimed, and has the group come again if it may go on.
  private mutating func count(
    _ turn: TurnKey, _ member: Int, _ round: inout ClaimRound, _ since: UInt64
  ) throws {
    let (key, cached) = (turn.group, round.members[member].cached)
    groups.entries[cached].record.move(.pending, to: .processing)
    let record = groups.entries[cached].record
    if key.number != 0, let rate = record.settings.filled(from: round.queue.settings).rate {
      groups.entries[cached].record.nextStart =
        rate.admit(1, after: record.nextStart, now: now).next
    }
    guard groups.entries[cached].record.mayStart(round.queue.settings, now: now),
      let first = try round.members[member].firstLeft
        ?? reading.firstPending(of: key, from: round.members[member].next, since: since)
    else { return }
    let priority = ItemKey(queue: key.queue, rank: first).priority
    round.put(key, priority, of: member)
  }
}
