import System

/// What slots that stream have in common beside what all slots have.
final class StreamSharing: Sendable {
  /// Processes in a row that end without an answer: the handler cannot work.
  static let mostSilent = 3

  private struct State {
    /// The windows of slots, and what wakes them, by their numbers.
    var slots: [Int: (window: Int, wake: WakePipe)] = [:]
    var isAtEnd = false
    var lacksWork = false
    var silent = 0
    var hasWarned = false

    func wakeAll() { for slot in slots.values { slot.wake.wake() } }
  }

  private let state = Locked(State())

  func enter(_ slot: Int, _ wake: WakePipe) { state.withLock { $0.slots[slot] = (1, wake) } }
  func leave(_ slot: Int) { state.withLock { $0.slots[slot] = nil } }

  /// Notes how many requests of a slot may be unanswered.
  func set(window: Int, of slot: Int) { state.withLock { $0.slots[slot]?.window = window } }

  /// How many requests may be unanswered, all slots with a number below `count` together: no more than
  /// one of them can list at a time (``ClaimList``).
  func places(below count: Int) -> Int {
    state.withLock { state in
      let sum = (0..<count).reduce(0) { $0 + (state.slots[$1]?.window ?? 1) }
      return min(sum, ClaimList.mostDue)
    }
  }

  func wakeAll() { state.withLock { $0.wakeAll() } }

  /// No more requests: handlers answer what they have, and end.
  func end() {
    state.withLock { state in
      if !state.isAtEnd { state.wakeAll() }
      state.isAtEnd = true
    }
  }

  var isAtEnd: Bool { state.withLock { $0.isAtEnd } }

  /// Whether nothing is left but what the handlers have.
  func note(lacksWork: Bool) {
    state.withLock { state in
      if state.lacksWork != lacksWork { state.wakeAll() }
      state.lacksWork = lacksWork
    }
  }

  var isLackingWork: Bool { state.withLock { $0.lacksWork } }

  /// Notes a process that ended without an answer; whether too many have.
  func noteSilent() -> Bool {
    state.withLock { state in
      state.silent += 1
      return state.silent >= Self.mostSilent
    }
  }

  func noteAnswer() { state.withLock { $0.silent = 0 } }

  /// Whether to warn that a handler may keep its answers to itself; says so once.
  func warns() -> Bool {
    state.withLock { state in
      defer { state.hasWarned = true }
      return !state.hasWarned
    }
  }
}
