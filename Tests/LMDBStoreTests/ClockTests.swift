import Glibc
import QueueCore
import QueueTestKit
import Synchronization
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// When things happen: at the moment of the writer's turn, not of the wish to write.
@Suite struct ClockTests {
  @Test func `the moment is read when the writer's turn has come`() throws {
    let clock = ManualClock()
    let made = try TemporaryStore(clock)
    let other = try WriterLock(made.store.directory.writer)
    try other.acquire()
    let began = clock.now
    let later = began + .seconds(10)
    let waiter = Thread(until: { other.isWanted }) {
      clock.now = later
      other.release()
    }
    _ = try made.store.enqueue(ItemBatch([ItemID("a")!]), to: .default, priority: 1, until: nil)
    waiter.join()
    #expect(try made.store.item(ItemID("a")!, in: .default)?.enqueuedAt == later)
  }

  /// A thread that acts once a condition holds.
  private final class Thread {
    private final class Work {
      let run: () -> Void
      init(_ run: @escaping () -> Void) { self.run = run }
    }
    private var thread = pthread_t()

    init(until condition: @escaping () -> Bool, _ body: @escaping () -> Void) {
      let work = Unmanaged.passRetained(
        Work {
          while !condition() { usleep(200) }
          body()
        })
      pthread_create(
        &thread, nil,
        { argument in
          Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
          return nil
        }, work.toOpaque())
    }

    func join() { pthread_join(thread, nil) }
  }
}
