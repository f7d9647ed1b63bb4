import Glibc

/// Finds how many slots end the most runs a second, by trying: up while that gains, down while it
/// costs nothing, then now and then beside what it has settled on.
///
/// It is told which runs end, and when; it has no clock. Times are nanoseconds (``MonotonicTime``).
struct SlotSearch {
  /// Slots that are to work now.
  private(set) var slots: Int
  /// What the last search came to; nil until the first has ended.
  private(set) var settled: Int?

  private var maximum: Int
  private var window: SlotWindow
  /// What the window said, once it is long enough.
  private var measured: SlotRate?
  private var step = Step.starting
  /// The number to beat, or to return to.
  private var best: SlotRate
  /// What is still to be tried from there, and the numbers that were.
  private var moves = Move.all
  private var tried: Set<Int> = []
  private var schedule = Schedule()

  /// More slots have to gain this much.
  private static let gain = 1.05
  /// Fewer have to keep this much.
  private static let keep = 0.97
  /// A settled rate that leaves this range, beyond noise and twice in a row, is another workload.
  private static let usual = 0.75...1.33

  private enum Step {
    /// Measures where the search starts.
    case starting
    /// Measures what the move led to.
    case trying(Move)
    /// Measures the best again, since the move led to something worse: the machine may have changed.
    case returning(from: SlotRate, Move)
    /// Uses what was found.
    case settled(strikes: Int)
  }

  init(start: Int, maximum: Int, now: UInt64) {
    slots = min(start, maximum)
    self.maximum = maximum
    window = SlotWindow(slots: slots, skipping: slots, now: now)
    best = SlotRate(slots: slots, rate: 0, noise: 1)
    schedule.began = now
  }

  /// No more slots than these can be had.
  mutating func limit(to maximum: Int, now: UInt64) {
    self.maximum = maximum
    guard slots > maximum else { return }
    slots = maximum
    step = .starting
    window = SlotWindow(slots: slots, skipping: slots, now: now)
  }

  /// Notes a run that ended; one that did not succeed counts as none, so that a number that breaks
  /// runs is not the best one.
  mutating func ended(in duration: UInt64, isGood: Bool, now: UInt64) {
    guard measured == nil else { return }
    window.ended(in: duration, isGood: isGood, now: now)
    if let measure = window.measure(now: now), isEnough(measure) { measured = measure }
  }

  /// The number of slots to go on with; nil: as it is.
  ///
  /// - Parameter isFull: there was work for every slot. If not, nothing was learnt.
  mutating func decide(now: UInt64, isFull: Bool) -> Int? {
    let before = slots
    if isFull {
      guard let measure = measured else { return nil }
      take(measure, now: now)
    }
    measured = nil
    let skipped = slots == before && isFull ? 1 : max(slots, before)
    window = SlotWindow(slots: slots, skipping: skipped, now: now)
    return slots == before ? nil : slots
  }

  private func isEnough(_ measure: SlotRate) -> Bool {
    let isPrecise = measure.noise <= 0.03 || window.isExhausted
    switch step {
    case .starting: return isPrecise || measure.noise <= 0.06
    case .trying(let move):
      let doubt = hypot(measure.noise, best.noise)
      let ratio = measure.rate / best.rate
      return isPrecise || abs(ratio - move.bar) > 2 * doubt * ratio
    case .returning: return isPrecise
    case .settled:
      return window.time(now: measure.now) > 1e9 && (isPrecise || measure.noise <= 0.05)
    }
  }

  private mutating func take(_ measure: SlotRate, now: UInt64) {
    switch step {
    case .starting:
      best = measure
      tried = [measure.slots]
      tryNext(now)
    case .trying(let move):
      tried.insert(measure.slots)
      if move.accepts(measure, over: best) {
        accept(measure, move, now)
      } else {
        step = .returning(from: measure, move)
        slots = best.slots
      }
    case .returning(let other, let move):
      let wasBetter = move.accepts(other, over: best)
      best = best.again(measure)
      if !wasBetter && move.accepts(other, over: best) {
        accept(other, move, now)
      } else {
        tryNext(now)
      }
    case .settled(let strikes):
      watch(measure, strikes: strikes, now)
    }
  }

  private mutating func accept(_ measure: SlotRate, _ move: Move, _ now: UInt64) {
    // On the way down the best rate stays the one to keep up with, or many small losses would add up.
    best = SlotRate(
      slots: measure.slots, rate: move.isUp ? measure.rate : max(measure.rate, best.rate),
      noise: measure.noise)
    if schedule.isProbing {
      // There is more to be found this way.
      schedule.isProbing = false
      schedule.fruitless = 0
      moves = Move.all.filter { $0.isUp == move.isUp }
    }
    tryNext(now)
  }

  /// Goes on with the next number that was not tried, or settles.
  private mutating func tryNext(_ now: UInt64) {
    while let move = moves.first {
      let next = move.from(best.slots, maximum: maximum)
      if !tried.contains(next) {
        slots = next
        step = .trying(move)
        schedule.triedAt = now
        return
      }
      moves.removeFirst()
    }
    slots = best.slots
    settled = slots
    step = .settled(strikes: 0)
    schedule.settle(now)
  }

  private mutating func watch(_ measure: SlotRate, strikes: Int, _ now: UInt64) {
    let ratio = measure.rate / best.rate
    let isOff =
      !Self.usual.contains(ratio) && abs(ratio - 1) > 3 * hypot(measure.noise, best.noise)
    if isOff && strikes > 0 && now >= schedule.quietUntil {
      // Slower: fewer first, which costs least if the processors are what is short.
      search(
        Move.all.filter { $0.isUp == (ratio > 1) } + Move.all.filter { $0.isUp != (ratio > 1) })
      schedule.began = now
      best = measure
      tryNext(now)
    } else if isOff {
      step = .settled(strikes: strikes + 1)
    } else {
      step = .settled(strikes: 0)
      best.rate += (measure.rate - best.rate) * 0.2
      guard now >= schedule.probeAt else { return }
      schedule.isProbing = true
      schedule.isUp.toggle()
      schedule.began = now
      search([schedule.isUp ? .more : .less])
      tryNext(now)
    }
  }

  private mutating func search(_ moves: [Move]) {
    self.moves = moves
    tried = [best.slots]
  }
}

extension SlotSearch {
  /// A way from one number of slots to another.
  private enum Move {
    case double, more, half, less

    static let all: [Move] = [.double, .more, .half, .less]

    var isUp: Bool { self == .double || self == .more }
    /// What of the best rate it has to reach.
    var bar: Double { isUp ? SlotSearch.gain : SlotSearch.keep }

    func from(_ slots: Int, maximum: Int) -> Int {
      switch self {
      case .double: min(slots * 2, maximum)
      case .more: min(max(slots + 1, Int((Double(slots) * 2.0.squareRoot()).rounded())), maximum)
      case .half: max(slots / 2, 1)
      case .less: max(min(slots - 1, Int((Double(slots) / 2.0.squareRoot()).rounded())), 1)
      }
    }

    func accepts(_ measure: SlotRate, over best: SlotRate) -> Bool {
      measure.rate > best.rate * bar
    }
  }

  /// When to look beside what was settled on.
  private struct Schedule {
    /// The search, or the look beside, began.
    var began: UInt64 = 0
    /// The last number was tried.
    var triedAt: UInt64 = 0
    var probeAt: UInt64 = 0
    /// No new search before.
    var quietUntil: UInt64 = 0
    var isProbing = false
    var isUp = false
    /// Looks in a row that found nothing.
    var fruitless = 0

    /// Looking costs at most half the rate while it lasts: a small part of the time is left to it.
    mutating func settle(_ now: UInt64) {
      if isProbing {
        fruitless = min(fruitless + 1, 3)
      } else {
        quietUntil = now + 4 * (now - began)
      }
      isProbing = false
      probeAt = now + (20 << UInt64(fruitless)) * (now - triedAt)
    }
  }
}
