import Foundation

/// SplitMix64: the same choices again for the same seed. `Q_SEED` gives the seed.
struct SeededRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init() {
    self.init(
      seed: ProcessInfo.processInfo.environment["Q_SEED"].flatMap { UInt64($0) }
        ?? .random(in: 0...999_999_999))
  }

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

  mutating func happens(_ percent: Int) -> Bool { number(1...100) <= percent }

  /// Microseconds, each order of magnitude as likely as another.
  mutating func moment(upTo longest: Double) -> UInt32 {
    UInt32(exp(Double.random(in: 0...log(longest), using: &self)))
  }
}
