import Glibc
import QueueCore
import System

/// A worker's slots, each a thread that runs one handler after the other.
final class SlotThreads: Slots {
  private(set) var count = 0
  let maximumEarly = OutputOrder.limit
  private let plan: WorkPlan
  private let sharing: SlotSharing
  /// By their slot's number, those that have ended among them.
  private var threads: [Int: WorkerThread] = [:]
  /// The thread of ``OutputOrder/release(_:)``.
  private var output: WorkerThread?

  init(_ plan: WorkPlan, _ sharing: SlotSharing) { (self.plan, self.sharing) = (plan, sharing) }

  var waiting: Int { sharing.ready.count }
  var running: Int { sharing.live.count }
  var early: Int { sharing.order?.count ?? 0 }
  var earlyClaims: Int { sharing.order?.claims ?? 0 }

  func places(forEach load: Int) -> Int {
    let slots = min(count, sharing.pools.available)
    if case .stream = plan.shape { return sharing.streams.places(below: slots) }
    return slots * load
  }

  var nextRested: UInt64? { sharing.pools.nextRested }

  func allowStarts(_ isAllowed: Bool) {
    guard sharing.pools.isShut == isAllowed else { return }
    sharing.pools.isShut = !isAllowed
    sharing.ready.wakeAll()
  }

  /// Outputs that wait for one another are written by a thread of their own.
  func start() throws(StoreError) {
    guard let order = sharing.order else { return }
    do throws(SystemError) {
      output = try WorkerThread.start(name: "q-output") { [sharing] in
        order.release { sharing.report($0) }
      }
    } catch {
      throw .cannotStart(error)
    }
  }

  /// Those that are too many end their handler first; more than the limit of open files carries are
  /// not started.
  func set(_ wanted: Int) throws(StoreError) {
    // More could not have a value each.
    let wanted = min(wanted, sharing.pools.most)
    count = DescriptorLimit.raise(forSlots: wanted)
    guard count > 0 else {
      throw StoreError(
        .inputOutput,
        "cannot start a handler: the limit of open files carries none: raise it with ulimit -Hn")
    }
    if count < wanted {
      sharing.gate.say(
        "q-work: not \(wanted) handlers at once: the limit of open files carries \(count): "
          + "raise it with ulimit -Hn")
    }
    do throws(SystemError) {
      try sharing.records.reserve(slots: count)
      try startThreads(sharing.roster.set(count)[...])
    } catch {
      let started = sharing.roster.lower()
      guard started > 0 else { throw .cannotStart(error) }
      count = started
      sharing.gate.say("q-work: no more than \(count) handlers at once: \(error)")
    }
    // Whoever waits for a claim and is one too many has to see it.
    sharing.ready.wakeAll()
    sharing.pools.wakeAll()
    sharing.streams.wakeAll()
  }

  private func startThreads(_ numbers: ArraySlice<Int>) throws(SystemError) {
    for place in numbers.indices {
      let number = numbers[place]
      threads[number]?.join()
      threads[number] = nil
      do throws(SystemError) {
        let slot = try makeSlot(number)
        threads[number] = try WorkerThread.start(name: "q-slot-\(number + 1)") { slot.work() }
      } catch {
        sharing.roster.forget(numbers[place...])
        throw error
      }
    }
  }

  private func makeSlot(_ number: Int) throws(SystemError) -> any SlotWork {
    guard case .stream(let form) = plan.shape else { return try Slot(number, plan, sharing) }
    return try StreamSlot(number, plan, form, sharing)
  }

  func follow(_ settings: RunSettings) {
    sharing.limits.current = (settings.timeout, settings.policy)
  }

  func take(_ assignment: Assignment) {
    sharing.ready.push(assignment)
    sharing.streams.wakeAll()
  }
  func takeBack() -> [Assignment] { sharing.ready.popAll() }
  func skip(_ ordinal: Int) { sharing.order?.skip(ordinal) }
  func takeFinished() -> [Finished] { sharing.finished.popAll() }

  func revoke(_ tokens: Set<UInt64>) {
    sharing.live.revoke(tokens)
    sharing.streams.wakeAll()
  }
  func forget(_ tokens: [UInt64]) { sharing.live.forget(tokens) }
  func signal(_ signal: Int32) { sharing.live.signalAll(signal, andLater: true) }
  func endYoungest() -> Bool { sharing.live.endYoungest() }
  func whileStopped(_ body: () -> Void) { sharing.live.whileStopped(body) }

  func end() { sharing.streams.end() }
  func note(lacksWork: Bool) { sharing.streams.note(lacksWork: lacksWork) }

  func stop() {
    sharing.stop.raise()
    sharing.streams.wakeAll()
    sharing.gate.giveUp()
  }

  func finish() {
    sharing.ready.close()
    sharing.pools.wakeAll()
    sharing.streams.wakeAll()
    sharing.order?.close()
    for thread in threads.values { thread.join() }
    output?.join()
  }
}
