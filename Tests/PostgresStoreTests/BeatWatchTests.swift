import QueueCore
import System
import Testing

@testable import PostgresStore

/// Whether a worker elsewhere is gone: by its beat, and by one's own clock.
@Suite struct BeatWatchTests {
  private func row(_ beat: Int64, place: String = "there", lease: Int = 10) -> BeatWatch.Row {
    BeatWatch.Row(worker: WorkerID(7), place: place, lease: .seconds(lease), beat: beat)
  }

  private func watch() -> (BeatWatch, Locked<UInt64>) {
    let time = Locked<UInt64>(1_000_000_000)
    return (BeatWatch(clock: { time.withLock { $0 } }), time)
  }

  private func pass(_ seconds: UInt64, _ time: Locked<UInt64>) {
    time.withLock { $0 += seconds * 1_000_000_000 }
  }

  @Test func `who has just begun to look waits for a whole lease`() {
    var (watch, time) = watch()
    watch.note([row(5)], session: 1)
    #expect(!watch.isStill(WorkerID(7)))
    pass(9, time)
    watch.note([row(5)], session: 1)
    #expect(!watch.isStill(WorkerID(7)))
    pass(1, time)
    // What was seen a second ago says nothing of now.
    #expect(!watch.isStill(WorkerID(7)))
    watch.note([row(5)], session: 1)
    #expect(watch.isStill(WorkerID(7)))
  }

  @Test func `a beat that moves, or is another's, begins anew`() {
    for other in [row(6), row(5, place: "elsewhere")] {
      var (watch, time) = watch()
      watch.note([row(5)], session: 1)
      pass(9, time)
      watch.note([other], session: 1)
      pass(9, time)
      watch.note([other], session: 1)
      #expect(!watch.isStill(WorkerID(7)))
      pass(1, time)
      watch.note([other], session: 1)
      #expect(watch.isStill(WorkerID(7)))
    }
  }

  @Test func `another connection begins anew`() {
    var (watch, time) = watch()
    watch.note([row(5)], session: 1)
    pass(9, time)
    watch.note([row(5)], session: 2)
    pass(9, time)
    watch.note([row(5)], session: 2)
    #expect(!watch.isStill(WorkerID(7)))
  }

  @Test func `the holder's lease counts, and a row that is gone is no row`() {
    var (watch, time) = watch()
    watch.note([row(5, lease: 100)], session: 1)
    pass(50, time)
    watch.note([row(5, lease: 100)], session: 1)
    #expect(!watch.isStill(WorkerID(7)) && watch.row(WorkerID(7)) != nil)
    watch.note([], session: 1)
    #expect(watch.row(WorkerID(7)) == nil && !watch.isStill(WorkerID(7)))
  }
}
