/// How many requests a handler that streams may have unanswered: one at first, twice as many each time
/// as many have been answered, as long as that is no more than it answers in about a second.
struct StreamWindow {
  /// Nanoseconds.
  private static let goal = 1_000_000_000.0

  private(set) var size = 1
  private let maximum: Int
  private var answered = 0
  /// When the first request was sent of those that are counted.
  private var since: UInt64 = 0

  init(maximum: Int) { self.maximum = maximum }

  /// The handler has something to do again, after a time without.
  mutating func resume(now: UInt64) { (answered, since) = (0, now) }

  /// Notes answers.
  mutating func answered(_ count: Int, now: UInt64) {
    answered += count
    guard answered >= size else { return }
    let time = Double(max(now, since + 1) - since)
    let perGoal = Double(answered) * Self.goal / time
    size = min(size * 2, maximum, max(1, perGoal < Double(maximum) ? Int(perGoal) : maximum))
    (answered, since) = (0, now)
  }
}
