/// An item as a listing shows it.
public struct Item: Hashable, Sendable {
  /// Its place in the order of work.
  public var key: ItemKey
  /// What names it in its queue.
  public var id: ItemID
  /// The payload's length in bytes; nil when it has none.
  public var payloadLength: Int?
  /// When it was enqueued.
  public var enqueuedAt: Timestamp
  /// Where it stands.
  public var state: ItemState
  /// The group that it belongs to; nil when it has none.
  public var group: GroupName?
  /// The batch that it belongs to; nil when it has none.
  public var batch: BatchName?
  /// What it awaits that has not come yet; see ``Delay/awaited``.
  public var awaited: [Prerequisite]
  /// What its runs have spent that have ended.
  public var spent: Amounts
  /// What its claim has reserved.
  public var reserved: Amounts
  /// By what recipe it has ended; nil when it has not, or by none.
  public var recipe: Recipe?

  /// An item.
  public init(
    key: ItemKey, id: ItemID, payloadLength: Int?, enqueuedAt: Timestamp, state: ItemState,
    group: GroupName? = nil, batch: BatchName? = nil, awaited: [Prerequisite] = [],
    spent: Amounts = [:], reserved: Amounts = [:], recipe: Recipe? = nil
  ) {
    self.key = key
    self.id = id
    self.payloadLength = payloadLength
    self.enqueuedAt = enqueuedAt
    self.state = state
    self.group = group
    self.batch = batch
    self.awaited = awaited
    (self.spent, self.reserved, self.recipe) = (spent, reserved, recipe)
  }
}

/// A part of a listing.
public struct ItemPage: Hashable, Sendable {
  /// The items, in the order of their keys.
  public var items: [Item]
  /// Where the next page begins; nil when this is the last.
  public var next: ItemKey?

  /// A part of a listing.
  public init(items: [Item], next: ItemKey?) {
    self.items = items
    self.next = next
  }
}

/// A place among a queue's delayed items: the soonest first, behind them those that await batches.
public struct DelayedPlace: Hashable, Sendable, Comparable {
  /// When the item becomes pending; nil of one that awaits batches.
  public var until: Timestamp?
  /// The item's place in the order of work.
  public var rank: UInt64

  /// A place.
  public init(until: Timestamp?, rank: UInt64) { (self.until, self.rank) = (until, rank) }

  /// The place of an item; nil when it is not delayed.
  public init?(_ item: Item) {
    guard case .delayed(let delay) = item.state else { return nil }
    self.init(until: delay.reason == .awaiting ? nil : delay.until, rank: item.key.rank)
  }

  /// By the moment, then by the order of work.
  public static func < (one: DelayedPlace, other: DelayedPlace) -> Bool {
    switch (one.until, other.until) {
    case (let first?, let second?): (first, one.rank) < (second, other.rank)
    case (nil, nil): one.rank < other.rank
    case (let first, _): first != nil
    }
  }
}

/// A part of a listing of delayed items.
public struct DelayedPage: Hashable, Sendable {
  /// The items, in the order of their places.
  public var items: [Item]
  /// Where the next page begins; nil when this is the last.
  public var next: DelayedPlace?

  /// A part of a listing.
  public init(items: [Item], next: DelayedPlace?) { (self.items, self.next) = (items, next) }
}

/// A claimed item, as its worker gets it.
public struct Claim: Hashable, Sendable {
  /// Names the claim.
  public var token: Token
  /// What names the item in its queue.
  public var id: ItemID
  /// The payload; nil when the item has none.
  public var payload: [UInt8]?
  /// What had happened to the item before.
  public var tally: Tally
  /// When it was claimed.
  public var since: Timestamp

  /// A claimed item.
  public init(token: Token, id: ItemID, payload: [UInt8]?, tally: Tally, since: Timestamp) {
    self.token = token
    self.id = id
    self.payload = payload
    self.tally = tally
    self.since = since
  }

  /// The number of this attempt, from 1.
  public var attempt: UInt32 { tally.attempts + 1 }
}
