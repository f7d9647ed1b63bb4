import Glibc
import QueueCore

/// Waits until there is news of a queue, or of batches.
struct QueueNews {
  private let store: any PlacedStore
  private let watch: any QueueWatch

  init(_ watch: any QueueWatch, of store: any PlacedStore) {
    (self.watch, self.store) = (watch, store)
  }

  /// Watches a queue from now on.
  init(of queue: QueueName, in store: any PlacedStore) throws(StoreError) {
    self.init(try store.watch(queue), of: store)
  }

  /// Until the watch wakes or a moment comes; once a second, in case it missed something, until the store
  /// has changed. Where there is no watch, each 50 ms. `moment` is by the store's clock, which may be set.
  func wait(
    beyond revision: UInt64, moment: Timestamp?, until end: ContinuousClock.Instant? = nil
  ) {
    repeat {
      var left: Duration = watch.descriptor == nil ? .milliseconds(50) : .seconds(1)
      if let end { left = min(left, max(.zero, end - .now)) }
      if let moment { left = min(left, max(.zero, moment - store.now)) }
      var event = pollfd(fd: watch.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
      if poll(&event, 1, Int32((left.wholeMicroseconds + 999) / 1_000)) > 0 {
        watch.drain()
        return
      }
      if let end, .now >= end { return }
      if let moment, moment <= store.now { return }
    } while store.revision == revision
  }
}
