import Glibc

/// The same choices again for the same seed, which `Q_SEED` gives.
package struct SeededRandom: RandomNumberGenerator {
  package let seed: UInt64
  private var generator: SplitMix64

  package init() {
    self.init(
      seed: getenv("Q_SEED").flatMap { UInt64(String(cString: $0)) }
        ?? .random(in: 0...999_999_999))
  }

  package init(seed: UInt64) {
    self.seed = seed
    generator = SplitMix64(seed: seed)
  }

  package mutating func next() -> UInt64 { generator.next() }

  package mutating func number(_ range: ClosedRange<Int>) -> Int {
    .random(in: range, using: &self)
  }

  package mutating func happens(_ percent: Int) -> Bool { number(1...100) <= percent }

  /// Microseconds, each order of magnitude as likely as another.
  package mutating func moment(upTo longest: Double) -> UInt32 {
    UInt32(exp(Double.random(in: 0...log(longest), using: &self)))
  }
}
