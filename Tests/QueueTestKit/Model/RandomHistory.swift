public import QueueCore

/// Random histories, tried on an engine against the model; one that fails is made small.
public struct RandomHistory {
  /// Makes a new, empty store each time, which goes by the clock, and says which incarnation it has.
  public typealias Maker = (ManualClock) throws -> (store: any QueueStore, incarnation: UInt64)

  private let make: Maker

  public init(_ make: @escaping Maker) { self.make = make }

  /// Tries the history of a seed; the smallest failing history that was found, in words, if it
  /// fails.
  public func failure(seed: UInt64, length: Int) throws -> String? {
    let steps = Operation.history(seed: seed, length: length)
    guard let first = try run(steps) else { return nil }
    let smallest = try shrink(Array(steps.prefix(first.step + 1)))
    let failure = try run(smallest) ?? first
    let lines = smallest.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
    return """
      seed \(seed) (replay with Q_SEED=\(seed)), \(smallest.count) of \(steps.count) steps:
      \(lines)
      After the last step the engine's \(failure.what)
      """
  }

  private func run(_ steps: [Operation]) throws -> (step: Int, what: String)? {
    let clock = ManualClock()
    let (store, incarnation) = try make(clock)
    let both = LockStep(store, incarnation: incarnation, clock)
    for (index, step) in steps.enumerated() {
      do {
        if let what = try both.apply(step) { return (index, what) }
      } catch {
        return (index, "look: \(error)")
      }
    }
    return try both.findings().map { (steps.count - 1, $0) }
  }

  /// Delta debugging: leaves out ever smaller runs of steps, then parts of single steps, as long as
  /// something still fails.
  private func shrink(_ steps: [Operation]) throws -> [Operation] {
    var steps = steps
    var size = max(1, steps.count / 2)
    while true {
      var start = 0
      var isSmaller = false
      while start < steps.count {
        let rest = Array(steps[..<start] + steps[min(start + size, steps.count)...])
        if try run(rest) != nil {
          steps = rest
          isSmaller = true
        } else {
          start += size
        }
      }
      if size == 1 && !isSmaller { break }
      if !isSmaller { size = max(1, size / 2) }
    }
    for index in steps.indices {
      while let simpler = try firstFailing(steps, index) { steps = simpler }
    }
    return steps
  }

  private func firstFailing(_ steps: [Operation], _ index: Int) throws -> [Operation]? {
    for simpler in steps[index].simpler {
      var candidate = steps
      candidate[index] = simpler
      if try run(candidate) != nil { return candidate }
    }
    return nil
  }
}
