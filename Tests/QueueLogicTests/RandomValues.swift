import QueueCore
import QueueTestKit

/// Random values with the extremes more often than chance would have them.
extension SplitMix64 {
  mutating func number() -> UInt64 {
    let edges: [UInt64] = [0, 1, 127, 128, 255, 16_383, 16_384, 1 << 32, 1 << 63, .max]
    return Bool.random(using: &self) ? edges.randomElement(using: &self)! : next()
  }

  mutating func time() -> Timestamp {
    Timestamp(microseconds: Int64(bitPattern: number()))
  }

  mutating func tally() -> Tally {
    func small(_ value: UInt64) -> UInt32 { min(UInt32(truncatingIfNeeded: value), .max - 1) }
    var tally = Tally()
    tally.attempts = small(number())
    if Bool.random(using: &self) { tally.crashes = small(number()) }
    if Bool.random(using: &self) { tally.timeouts = small(number()) }
    if Bool.random(using: &self) { tally.deferrals = small(number()) }
    if Bool.random(using: &self) { tally.losses = small(number()) }
    return tally
  }

  mutating func run() -> RunSummary {
    let exits: [RunExit?] = [
      nil, .exited(UInt8(truncatingIfNeeded: next())), .signalled(9), .notStarted(-1),
      .notStarted(.max), .exited(255),
    ]
    let length = Int.random(in: 0...RunSummary.maximumMessage, using: &self)
    let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return RunSummary(
      exit: exits.randomElement(using: &self)!, startedAt: time(), endedAt: time(),
      message: Bool.random(using: &self) ? message : [])
  }

  mutating func state(_ status: Status) -> ItemState {
    switch status {
    case .pending: return .pending(tally())
    case .delayed:
      let reasons: [Delay.Reason] = [.scheduled, .backoff, .deferred]
      return .delayed(
        Delay(
          tally: tally(), until: time(), reason: reasons.randomElement(using: &self)!,
          lastRun: Bool.random(using: &self) ? run() : nil))
    case .processing:
      return .processing(
        Hold(
          tally: tally(), token: number() >> 2,
          holder: Bool.random(using: &self)
            ? .worker(WorkerID(max(1, number() >> 24))) : .lease(until: time()),
          since: time(), orphaned: .random(using: &self)))
    case .done, .failed:
      let reasons: [Ending.Reason] = [
        .succeeded, .failed, .crashed, .timedOut, .deferredTooOften, .poison,
      ]
      let ending = Ending(
        tally: tally(), reason: reasons.randomElement(using: &self)!, run: run())
      return status == .done ? .done(ending) : .failed(ending)
    }
  }
}
