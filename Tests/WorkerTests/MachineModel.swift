import QueueTestKit

@testable import Worker

/// A machine whose processors are shared among handlers that compute and then wait; in its own time.
struct MachineModel {
  /// A run: seconds of a processor, among them those that starting it takes, then seconds of waiting.
  struct Handler: Sendable {
    var computing: Double
    var waiting: Double
    /// Each run takes from 1 - spread to 1 + spread of that.
    var spread = 0.1
  }

  var processors = 2.0
  var handler: Handler
  /// What so many handlers at once leave of the processors, which starts at 1.
  var efficiency: @Sendable (_ handlers: Int) -> Double = { _ in 1 }
  /// Each tenth of a second goes from 1 - noise to 1 + noise as fast.
  var noise = 0.0

  private(set) var slots: Int
  private(set) var time = 0.0
  private var random: SplitMix64
  private var work = 0.0
  private var speed = 1.0
  /// Runs that compute, by the work done when they are through; that wait, by the time.
  private var computing: [Run] = []
  private var waiting: [Run] = []

  private struct Run {
    var started: Double
    var waiting: Double
    var until: Double
  }

  init(_ handler: Handler, slots: Int, seed: UInt64 = 1) {
    self.handler = handler
    self.slots = slots
    random = SplitMix64(seed: seed)
    start()
  }

  /// Sets the number of slots; those that are too many end their run first.
  mutating func set(slots: Int) {
    self.slots = slots
    start()
  }

  /// Lets a time pass, of at most a tenth of a second; how long the runs took that ended.
  mutating func pass(_ seconds: Double) -> [Double] {
    let end = time + seconds
    if Int(end * 10) != Int(time * 10) {
      speed = 1 + noise * Double.random(in: -1...1, using: &random)
    }
    var durations: [Double] = []
    while true {
      let pace =
        speed * efficiency(computing.count + waiting.count)
        * min(1, processors / Double(max(computing.count, 1)))
      let computed = computing.indices.min { computing[$0].until < computing[$1].until }
      let waited = waiting.indices.min { waiting[$0].until < waiting[$1].until }
      let computedAt = computed.map { time + (computing[$0].until - work) / pace } ?? .infinity
      let waitedAt = waited.map { waiting[$0].until } ?? .infinity
      let next = min(computedAt, waitedAt, end)
      work += (next - time) * pace
      time = next
      if let computed, next == computedAt {
        var run = computing.remove(at: computed)
        run.until = time + run.waiting
        waiting.append(run)
      } else if let waited, next == waitedAt {
        durations.append(time - waiting.remove(at: waited).started)
        start()
      } else {
        return durations
      }
    }
  }

  private mutating func start() {
    while computing.count + waiting.count < slots {
      let factor = 1 + handler.spread * Double.random(in: -1...1, using: &random)
      computing.append(
        Run(
          started: time, waiting: handler.waiting * factor,
          until: work + handler.computing * factor))
    }
  }
}
