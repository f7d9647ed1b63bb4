import Glibc

/// The runs that ended from one moment to another, with one number of slots.
///
/// Handlers that start together end together: only whole rounds of all slots tell the rate, from
/// one end to another.
struct SlotWindow {
  private let slots: Int
  private let notBefore: UInt64
  private var skipping: Int
  private var began: UInt64 = 0
  private var count = 0
  private var good = 0
  private var sum = 0.0
  private var squares = 0.0

  /// Nanoseconds by which the ledger may learn late of an end.
  private static let lateness = 5e6
  /// What no window is free of: other processes.
  private static let floor = 0.02

  /// - Parameter skipping: ends that belong to what was before.
  init(slots: Int, skipping: Int, now: UInt64) {
    self.slots = slots
    self.skipping = skipping
    notBefore = skipping > 1 ? now + 50_000_000 : now
  }

  mutating func ended(in duration: UInt64, isGood: Bool, now: UInt64) {
    if skipping > 0 {
      skipping -= 1
      if skipping == 0 {
        if now < notBefore { skipping = 1 } else { began = now }
      }
      return
    }
    count += 1
    if isGood { good += 1 }
    let seconds = Double(duration) / 1e9
    sum += seconds
    squares += seconds * seconds
  }

  func time(now: UInt64) -> Double { Double(now - began) }

  /// What it says by now; nil between rounds, and as long as it is too short.
  func measure(now: UInt64) -> SlotRate? {
    guard count > 0, good > 0, count % slots == 0 else { return nil }
    let mean = sum / Double(count)
    let time = time(now: now)
    guard time >= 1e8, count >= (mean > 10 ? 3 : 8) else { return nil }
    let spread = max(squares / Double(count) / max(mean * mean, 1e-18) - 1, 0)
    let failing = Double(count - good) / Double(good)
    let lateness = Self.lateness / time
    return SlotRate(
      slots: slots, rate: Double(good) / time * 1e9,
      noise: ((spread + failing) / Double(count) + lateness * lateness + Self.floor * Self.floor)
        .squareRoot(),
      now: now)
  }

  /// More would take too long.
  var isExhausted: Bool { count >= 400 || count >= 8 * slots && sum / Double(slots) > 30 }
}

/// What a number of slots came to.
struct SlotRate {
  var slots: Int
  /// Runs a second.
  var rate: Double
  /// Its standard error, as a part of it.
  var noise: Double
  var now: UInt64 = 0

  /// Both taken together; the later alone where they differ by more than noise.
  func again(_ later: SlotRate) -> SlotRate {
    let isOther = abs(later.rate / rate - 1) > 3 * hypot(noise, later.noise)
    return isOther
      ? later
      : SlotRate(
        slots: slots, rate: (rate + later.rate) / 2, noise: hypot(noise, later.noise) / 2)
  }
}
