import QueueCore

/// Where a listing goes on: a queue and an item's place in it, as text. In a listing of delayed items alone, `@` and the
/// moment of the item follow in microseconds since 1970, or `-` if it awaits batches.
struct ListingKey {
  var queue: QueueName
  var rank: UInt64
  var delayed: DelayedPlace?

  var text: String {
    let digits = String(rank, radix: 16)
    let place = "\(queue):" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    guard let delayed else { return place }
    return place + "@" + (delayed.until.map { "\($0.microseconds)" } ?? "-")
  }

  init(queue: QueueName, rank: UInt64, delayed: DelayedPlace? = nil) {
    (self.queue, self.rank, self.delayed) = (queue, rank, delayed)
  }

  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let queue = QueueName(String(parts[0])) else { return nil }
    let place = parts[1].split(separator: "@", omittingEmptySubsequences: false)
    guard place.count <= 2, place[0].utf8.count == 16, let rank = UInt64(place[0], radix: 16)
    else { return nil }
    self.init(queue: queue, rank: rank)
    guard place.count == 2 else { return }
    let moment = place[1] == "-" ? nil : Int64(place[1])
    guard place[1] == "-" || moment.map({ $0 >= 0 }) == true else { return nil }
    delayed = DelayedPlace(until: moment.map(Timestamp.init(microseconds:)), rank: rank)
  }
}

/// A queue's items, page by page: in the order of work, or delayed ones alone, the soonest first.
struct ItemPages {
  private enum Position {
    case key(ItemKey?)
    case delayed(DelayedPlace?)
  }

  private let store: any PlacedStore
  private let queue: QueueName
  private let statuses: Set<Status>
  private var position: Position
  private(set) var isAtEnd = false

  /// Behind what `after` names.
  init(
    of queue: QueueName, in statuses: Set<Status>, after: ListingKey?, store: any PlacedStore
  ) throws {
    (self.store, self.queue, self.statuses) = (store, queue, statuses)
    if statuses == [.delayed] {
      position = .delayed(try after.flatMap { try $0.delayed ?? Self.place(of: $0, in: store) })
    } else {
      position = .key(after.map { ItemKey(queue: 0, rank: $0.rank) })
    }
  }

  /// Where an item stands among the delayed ones; nil when its moment has come, and all others are behind it.
  private static func place(of key: ListingKey, in store: any PlacedStore) throws -> DelayedPlace? {
    let before = key.rank == 0 ? nil : ItemKey(queue: 0, rank: key.rank - 1)
    let page = try store.items(of: key.queue, in: Set(Status.allCases), after: before, limit: 1)
    return page.items.first.flatMap { $0.key.rank == key.rank ? DelayedPlace($0) : nil }
  }

  /// The next ones, at most so many.
  mutating func next(_ limit: Int) throws -> [Item] {
    switch position {
    case .key(let after):
      let page = try store.items(of: queue, in: statuses, after: after, limit: limit)
      (position, isAtEnd) = (.key(page.next), page.next == nil)
      return page.items
    case .delayed(let after):
      let page = try store.delayedItems(of: queue, after: after, limit: limit)
      (position, isAtEnd) = (.delayed(page.next), page.next == nil)
      return page.items
    }
  }

  /// Where a listing goes on behind an item of it.
  func key(_ item: Item) -> ListingKey {
    if case .delayed = position {
      return ListingKey(queue: queue, rank: item.key.rank, delayed: DelayedPlace(item))
    }
    return ListingKey(queue: queue, rank: item.key.rank)
  }
}
