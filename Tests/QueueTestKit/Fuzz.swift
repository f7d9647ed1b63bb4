import Glibc

/// Random input from a seed that is printed: `Q_SEED` repeats it, `Q_FUZZ` says how many inputs.
package struct Fuzz {
  package var random = SeededRandom()
  package let rounds: Int

  /// `what` names the test beside its seed.
  package init(_ what: String, rounds: Int) {
    self.rounds = getenv("Q_FUZZ").flatMap { Int(String(cString: $0)) } ?? rounds
    print("fuzz: \(what): seed \(random.seed), \(self.rounds) inputs")
  }

  /// Any bytes, more often of those named.
  package mutating func bytes(_ count: ClosedRange<Int>, of likely: String = "") -> [UInt8] {
    let likely = Array(likely.utf8)
    return (0..<Int.random(in: count, using: &random)).map { _ in
      Bool.random(using: &random)
        ? likely.randomElement(using: &random) ?? .random(in: 0...255, using: &random)
        : .random(in: 0...255, using: &random)
    }
  }

  /// One of them.
  package mutating func one<Element>(of all: [Element]) -> Element {
    all[Int.random(in: 0..<all.count, using: &random)]
  }

  /// The same bytes with a few of them changed, removed, doubled or cut off.
  package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0...4, using: &random) {
      case 0: bytes[place] = .random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(bytes[place], at: place)
      case 3: bytes.removeLast(place)
      default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
    }
    return bytes
  }
}
