import System

/// When a machine has so much to do that nothing more is started on it.
package struct StartLimits: Equatable, Sendable {
  /// Bytes of memory that have to be free; below half of them the youngest handler is ended.
  package var memory: UInt64?
  /// The load average of the last minute that may not be exceeded.
  package var load: Double?

  package init(memory: UInt64? = nil, load: Double? = nil) {
    (self.memory, self.load) = (memory, load)
  }

  /// What is to be done.
  enum Verdict: Equatable {
    case start
    /// Start nothing, and why.
    case hold(String)
    /// Start nothing, and end the youngest handler.
    case end(String)
  }

  func judge(_ machine: MachineState) -> Verdict {
    if let memory, let free = machine.freeMemory, free < memory {
      let words = "\(free >> 20) MiB of memory are free, --memfree wants \(memory >> 20)"
      return free < memory / 2 ? .end(words) : .hold(words)
    }
    if let load, let current = machine.load, current > load {
      return .hold("the load average is \(current), --load allows \(load)")
    }
    return .start
  }
}

/// Looks at the machine every now and then, and remembers what was said of it.
struct StartGate {
  /// Nanoseconds from one look to the next, and from the end of one handler to that of another: what it had
  /// is free by then.
  static let interval: UInt64 = 250_000_000
  static let patience: UInt64 = 1_000_000_000

  let limits: StartLimits
  private(set) var due: UInt64 = 0
  private(set) var isShut = false
  private var nextEnd: UInt64 = 0

  init(_ limits: StartLimits) { self.limits = limits }

  /// Whether there are any limits.
  var isThere: Bool { limits != StartLimits() }

  /// Takes a look; what has changed, in words, and whether a handler is to be ended.
  mutating func look(
    _ machine: MachineState, now: UInt64
  ) -> (words: String?, endsOne: Bool) {
    due = now + Self.interval
    let wasShut = isShut
    switch limits.judge(machine) {
    case .start:
      isShut = false
      return (wasShut ? "q-work: handlers are started again" : nil, false)
    case .hold(let why):
      isShut = true
      return (wasShut ? nil : "q-work: nothing is started: \(why)", false)
    case .end(let why):
      isShut = true
      let ends = now >= nextEnd
      if ends { nextEnd = now + Self.patience }
      return (wasShut ? nil : "q-work: nothing is started: \(why)", ends)
    }
  }
}
