import QueueCore

/// What a worker has claimed: ready for a slot, in one, or ended and on its way into the store.
struct Claims {
  /// What the worker says of a claim that ended.
  struct Ended {
    /// Nanoseconds that the handler ran, once of each run; nil: the claim goes back.
    var duration: UInt64?
    var id: ItemID

    /// The worker was not told of the claim.
    var isAdopted: Bool { id.bytes.isEmpty }
  }

  /// How many items settled claims may emit in one commit, and of how many bytes with what they give back, beside
  /// those of the first.
  static let mostEmitted = (count: 4 * Turn.maximumItems, bytes: 64 << 20)

  /// What ended and goes into the next commits.
  private(set) var ended: [Ended] = []
  /// What the store is told of each of them.
  private(set) var settlements: [Settlement] = []
  /// Bytes of what their items give back.
  private(set) var resultBytes = 0
  /// How many of those are in the one that is being made.
  private var filled = 0
  /// Until when a handler wants the queue to rest; goes into the next commit.
  private var rest: Timestamp?
  /// Numbers of the tokens that are not settled, those of ``ended`` among them.
  private var held: Set<UInt64> = []
  /// Those of them whose item somebody removed.
  private var revoked: Set<UInt64> = []
  /// Numbers of tokens that this worker does not settle.
  private var left: Set<UInt64> = []
  /// How many more may be claimed; nil: any number.
  private var allowed: Int?
  /// The place of the newest run among all of this worker's.
  private var ordinal = 0

  /// - Parameter limit: how many to claim at most; what goes back does not count.
  init(limit: Int?) { allowed = limit }

  /// Claims that are neither ended nor settled.
  var outstanding: Int { held.count - ended.count }
  /// How many more may be claimed.
  var room: Int { allowed ?? .max }
  /// With any the worker stays registered, to be recovered.
  var leavesAny: Bool { !left.isEmpty }

  func isRevoked(_ token: UInt64) -> Bool { revoked.contains(token) }

  /// Takes what a commit has claimed.
  mutating func take(_ claims: [Claim]) {
    allowed? -= claims.count
    for claim in claims { held.insert(claim.token.number) }
  }

  /// What a slot is to run, with the next place among all runs.
  mutating func assign(_ claims: [Claim]) -> Assignment {
    ordinal += 1
    return Assignment(claims: claims, ordinal: ordinal)
  }

  /// Settles a claim with the next commit.
  mutating func settle(
    _ settlement: consuming Settlement, after duration: UInt64?, id: ItemID
  ) {
    ended.append(Ended(duration: duration, id: id))
    resultBytes += settlement.result?.bytes.count ?? 0
    settlements.append(settlement)
  }

  /// Gives a claim back unharmed, with the next commit; `spent`: what its run has spent all the same.
  mutating func release(_ token: Token, id: ItemID, now: Timestamp, spent: Amounts = [:]) {
    let run = RunSummary(exit: nil, startedAt: now, endedAt: now, message: [])
    let settlement = Settlement(
      token: token, outcome: .released, run: run, policy: RetryPolicy(), jitter: 0, spent: spent)
    settle(settlement, after: nil, id: id)
  }

  /// Leaves a claim to those who will find this worker dead.
  mutating func leave(_ token: Token) {
    held.remove(token.number)
    left.insert(token.number)
  }

  /// Gives back claims that a commit made of which the worker was not told.
  mutating func adopt(_ tokens: [Token], now: Timestamp) {
    for token in tokens where !held.contains(token.number) && !left.contains(token.number) {
      held.insert(token.number)
      allowed? -= 1
      release(token, id: ItemID(unchecked: []), now: now)
    }
  }

  /// Somebody removed the items of these claims.
  mutating func revoke(_ tokens: Set<UInt64>) { revoked.formUnion(tokens.intersection(held)) }

  /// Lets the queue rest, from the next commit on, unless it rests for longer anyway.
  mutating func rest(until moment: Timestamp) {
    if rest.map({ $0 < moment }) ?? true { rest = moment }
  }

  /// Puts what the next commit is to hold into a turn.
  mutating func fill(_ turn: inout Turn) {
    var emitted = (count: 0, bytes: 0)
    filled = 0
    // By their places: each look at a whole settlement would copy it.
    for place in settlements.indices.prefix(Turn.maximumItems) {
      emitted.count += settlements[place].emitted.count
      for emission in settlements[place].emitted { emitted.bytes += emission.size }
      emitted.bytes += settlements[place].result?.bytes.count ?? 0
      let isTooMuch =
        emitted.count > Self.mostEmitted.count || emitted.bytes > Self.mostEmitted.bytes
      if filled > 0, isTooMuch { break }
      filled += 1
    }
    turn.settlements =
      filled == settlements.count ? settlements : Array(settlements.prefix(filled))
    turn.pause = rest
  }

  /// The commit is made. Gives back the numbers of the tokens that it settled, `returned` of which
  /// count as never claimed.
  mutating func commit(returned: Int) -> [UInt64] {
    // Where they lie: a look at one in the array copies it.
    let (settled, bytes) = settlements.withUnsafeBufferPointer { all in
      (
        (0..<filled).map { all[$0].token.number },
        (0..<filled).reduce(0) { $0 + (all[$1].result?.bytes.count ?? 0) }
      )
    }
    resultBytes -= bytes
    held.subtract(settled)
    revoked.subtract(settled)
    ended.removeFirst(filled)
    settlements.removeFirst(filled)
    filled = 0
    allowed? += returned
    rest = nil
    return settled
  }
}
