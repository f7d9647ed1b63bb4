/// What transactions ask, one behind the other: single keys, and where tables begin. The next one asks it when it
/// begins, in the same round trip. What was asked in vain is forgotten.
struct Habits {
  private static let most = 16
  /// Entries of the largest page that becomes a habit.
  private static let largestPage = 256

  /// A key, or with a limit a page from there on.
  struct Asked {
    var table: Int
    var key: [UInt8]
    var limit: Int?
    var others: [Int] = []
    var isUsed = false
  }

  /// What was asked at the start.
  private(set) var asked: [Asked] = []
  private var missed: [Asked] = []

  /// Notes that something was asked for that may be known since the start.
  mutating func used(_ key: UnsafeRawBufferPointer, _ table: Int, isPage: Bool = false) {
    for place in asked.indices where !asked[place].isUsed && asked[place].table == table {
      guard (asked[place].limit != nil) == isPage, asked[place].key.elementsEqual(key) else {
        continue
      }
      asked[place].isUsed = true
    }
  }

  /// Notes what had to be asked for.
  mutating func missed(
    _ key: UnsafeRawBufferPointer, _ table: Int, limit: Int? = nil, with others: [Int] = []
  ) {
    guard missed.count < Self.most, limit ?? 0 <= Self.largestPage else { return }
    missed.append(Asked(table: table, key: Array(key), limit: limit, others: others))
  }

  /// What the next transaction asks at its start.
  var next: Habits {
    var next = Habits()
    next.asked = Array((asked.filter(\.isUsed) + missed).prefix(Self.most))
    for place in next.asked.indices { next.asked[place].isUsed = false }
    return next
  }

  /// It, without what others ask for anyway.
  func requests(without others: [Request]) -> [Request] {
    asked.compactMap { asked in
      let isAsked = others.contains { other in
        guard other.table == asked.table else { return false }
        switch other.kind {
        case .keys(let keys): return asked.limit == nil && keys == [asked.key]
        case .near: return false
        case .page(let from, _): return asked.limit != nil && from == asked.key
        }
      }
      if isAsked { return nil }
      let kind = asked.limit.map { Request.Kind.page(from: asked.key, limit: $0) }
      return Request(
        table: asked.table, kind: kind ?? .keys([asked.key]), others: asked.others)
    }
  }
}
