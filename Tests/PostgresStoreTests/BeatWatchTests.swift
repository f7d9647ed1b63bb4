import QueueCore
import QueueTestKit
import System
import Testing

@testable import PostgresStore

/// When a worker elsewhere is taken for dead: by one's own clock, and by what was seen on one connection.
@Suite struct BeatWatchTests {
  private let time = Locked<UInt64>(1_000_000_000)
  private let worker = WorkerID(7)

  private func row(_ beat: Int64) -> BeatWatch.Row {
    BeatWatch.Row(worker: worker, place: "elsewhere", lease: .seconds(3), beat: beat)
  }

  /// Reads after so many seconds.
  private func look(
    _ watch: inout BeatWatch, after seconds: UInt64, _ beat: Int64, session: Int = 1
  ) -> Bool {
    time.withLock { $0 += seconds * 1_000_000_000 }
    watch.note([row(beat)], session: session)
    return watch.isStill(worker)
  }

  private var watch: BeatWatch { BeatWatch { [time] in time.withLock { $0 } } }

  @Test func `a beat stands when it has not moved for the lease`() {
    var watch = watch
    #expect(!look(&watch, after: 0, 1))
    #expect(!look(&watch, after: 2, 1))
    #expect(!look(&watch, after: 2, 2))
    #expect(!look(&watch, after: 2, 2))
    #expect(look(&watch, after: 1, 2))
  }

  @Test func `with another connection it counts anew: a server that crashed may have lost beats`() {
    var watch = watch
    #expect(!look(&watch, after: 0, 1))
    #expect(!look(&watch, after: 2, 1))
    // It was 2 meanwhile, and its guard knows that.
    #expect(!look(&watch, after: 2, 1, session: 2))
    #expect(!look(&watch, after: 2, 1, session: 2))
    #expect(look(&watch, after: 1, 1, session: 2))
  }

  @Test func `a moment at which it was not looked at does not count`() {
    var watch = watch
    #expect(!look(&watch, after: 0, 1))
    time.withLock { $0 += 60_000_000_000 }
    #expect(!watch.isStill(worker))
  }
}
