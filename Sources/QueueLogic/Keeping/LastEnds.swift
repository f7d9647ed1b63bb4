import QueueCore

/// The last of many ends.
struct LastEnds {
  private let limit: Int
  private var ends: [EndMark] = []
  /// Whether there were more.
  private var isCut = false

  init(_ limit: Int) { self.limit = limit }

  mutating func add(_ end: EndMark) {
    ends.append(end)
    // Twice as many as are wanted are sorted at once, and seldom.
    if ends.count / 2 > limit + 1_000 { cut() }
  }

  private mutating func cut() {
    guard ends.count > limit else { return }
    ends.sort()
    ends.removeFirst(ends.count - limit)
    isCut = true
  }

  /// The earliest of the last ones; nil when those are all.
  mutating func mark() -> EndMark? {
    cut()
    return isCut ? ends.min() ?? EndMark(Timestamp(microseconds: .max)) : nil
  }
}
