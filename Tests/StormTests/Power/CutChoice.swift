import QueueTestKit

/// Which of what was not synced is on the disk after a cut: the extremes as often as anything in
/// between.
struct CutChoice {
  enum Kind: CaseIterable, Hashable {
    /// Nothing that was not synced is there; or all of it.
    case none, all
    /// All but one page; nothing but one page. Names and lengths: all, or none.
    case allButOne, onlyOne
    /// Each page, length and directory by itself.
    case mixed
    /// And pages torn in their sectors, or with garbage where they never were.
    case torn
  }

  let kind: Kind
  private var random: SeededRandom
  /// For the kinds with one page: which one, counted as they come.
  private let special: Int
  private var seen = 0

  /// `pages`: how many pages are not synced.
  init(_ kind: Kind, pages: Int, _ random: inout SeededRandom) {
    self.kind = kind
    special = random.number(0...max(pages - 1, 0))
    self.random = SeededRandom(seed: random.next())
  }

  /// Which of so many successive states is there; nil: the one before them all.
  mutating func version(of count: Int) -> Int? {
    switch kind {
    case .none, .onlyOne: nil
    case .all, .allButOne: count == 0 ? nil : count - 1
    case .mixed, .torn: { $0 == 0 ? nil : $0 - 1 }(random.number(0...count))
    }
  }

  /// The same for a page.
  mutating func page(of count: Int) -> Int? {
    defer { seen += 1 }
    return switch kind {
    case .onlyOne: seen == special ? count - 1 : nil
    case .allButOne: seen == special ? nil : count - 1
    default: version(of: count)
    }
  }

  mutating func tears() -> Bool { kind == .torn && random.happens(40) }

  mutating func leavesGarbage() -> Bool { kind == .torn && random.happens(50) }

  mutating func any<State>(of states: [State]) -> State {
    states[random.number(0...states.count - 1)]
  }

  mutating func garbage(_ count: Int) -> [UInt8] {
    var bytes = withUnsafeBytes(of: random.next()) { Array($0) }
    while bytes.count < count { bytes += bytes }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  mutating func happens(_ percent: Int) -> Bool { random.happens(percent) }
}
