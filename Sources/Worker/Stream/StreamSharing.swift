import System

/// What slots that stream have in common beside what all slots have.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
final class StreamSharing: @unchecked Sendable {
  /// Processes in a row that end without an answer: the handler cannot work.
  static let mostSilent = 3

  private let monitor = Monitor()
  /// The windows of slots, and what wakes them, by their numbers.
  private var slots: [Int: (window: Int, wake: WakePipe)] = [:]
  private var isEnding = false
  private var lacksWork = false
  private var silent = 0
  private var hasWarned = false

  func enter(_ slot: Int, _ wake: WakePipe) { monitor.locked { slots[slot] = (1, wake) } }
  func leave(_ slot: Int) { monitor.locked { slots[slot] = nil } }

  /// Notes how many requests of a slot may be unanswered.
  func set(window: Int, of slot: Int) { monitor.locked { slots[slot]?.window = window } }

  /// How many requests may be unanswered, all slots with a number below `count` together.
  func places(below count: Int) -> Int {
    monitor.locked {
      (0..<count).reduce(0) { $0 + (slots[$1]?.window ?? 1) }
    }
  }

  func wakeAll() { monitor.locked { for slot in slots.values { slot.wake.wake() } } }

  /// No more requests: handlers answer what they have, and end.
  func end() {
    monitor.locked {
      guard !isEnding else { return }
      isEnding = true
      for slot in slots.values { slot.wake.wake() }
    }
  }

  var isAtEnd: Bool { monitor.locked { isEnding } }

  /// Whether nothing is left but what the handlers have.
  func note(lacksWork: Bool) {
    monitor.locked {
      guard self.lacksWork != lacksWork else { return }
      self.lacksWork = lacksWork
      for slot in slots.values { slot.wake.wake() }
    }
  }

  var isLackingWork: Bool { monitor.locked { lacksWork } }

  /// Notes a process that ended without an answer; whether too many have.
  func noteSilent() -> Bool {
    monitor.locked {
      silent += 1
      return silent >= Self.mostSilent
    }
  }

  func noteAnswer() { monitor.locked { silent = 0 } }

  /// Whether to warn that a handler may keep its answers to itself; says so once.
  func warns() -> Bool {
    monitor.locked {
      defer { hasWarned = true }
      return !hasWarned
    }
  }
}
