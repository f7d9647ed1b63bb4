import Glibc
import QueueCore
import System

extension Ledger {
  /// Follows the queue's settings.
  func follow(_ settings: QueueSettings) throws(StoreError) {
    let new = RunSettings(plan, queue: settings)
    guard new != current else { return }
    let old = current
    current = new
    sharing.limits.current = (new.timeout, new.policy)
    guard new.slots != old.slots, !threads.isEmpty, search == nil else { return }
    try changeSlots(new.slots)
  }

  /// Has another number of slots work, and says so.
  func changeSlots(_ wanted: Int) throws(StoreError) {
    try setSlots(wanted)
    gate.say("q-work: \(slots) handler\(slots == 1 ? "" : "s") at once")
  }

  /// Has as many slots work. Those that are too many end their handler first; more than the limit
  /// of open files carries are not started.
  func setSlots(_ wanted: Int) throws(StoreError) {
    slots = DescriptorLimit.raise(forSlots: wanted)
    guard slots > 0 else {
      throw StoreError(
        .inputOutput,
        "cannot start a handler: the limit of open files carries none: raise it with ulimit -Hn")
    }
    if slots < wanted {
      gate.say(
        "q-work: not \(wanted) handlers at once: the limit of open files carries \(slots): "
          + "raise it with ulimit -Hn")
    }
    do throws(SystemError) {
      try registration.records.reserve(slots: slots)
      try startSlots(sharing.roster.set(slots)[...])
    } catch {
      let started = sharing.roster.lower()
      guard started > 0 else {
        throw .cannotStart(error)
      }
      slots = started
      gate.say("q-work: no more than \(slots) handlers at once: \(error)")
    }
    // Whoever waits for a claim and is one too many has to see it; what was claimed for it goes back.
    sharing.ready.wakeAll()
    if busy > slots { giveBack() }
  }

  private func startSlots(_ numbers: ArraySlice<Int>) throws(SystemError) {
    for place in numbers.indices {
      let number = numbers[place]
      threads[number]?.join()
      threads[number] = nil
      do throws(SystemError) {
        let slot = try Slot(number, plan, sharing)
        threads[number] = try WorkerThread.start(name: "q-slot-\(number + 1)") { slot.work() }
      } catch {
        sharing.roster.forget(numbers[place...])
        throw error
      }
    }
  }
}
