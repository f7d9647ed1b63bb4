import PostgresStore
import QueueCore
import Worker

/// The store of a guard whose worker is dead.
final class GuardedStore {
  private let post: GuardPost
  private var opened: (store: any PlacedStore, liveness: StoreLiveness)?

  init(_ post: GuardPost) { self.post = post }

  /// Takes back what the worker has left; whether nothing is left of it.
  func recover(for queue: QueueName) throws -> Bool {
    let (store, liveness) = try opened ?? open()
    opened = (store, liveness)
    do {
      _ = try store.recover(observer: liveness, for: queue, given: QueueSettings())
      return try !store.workers().contains { $0.id == post.worker }
    } catch {
      opened = nil
      throw error
    }
  }

  private func open() throws -> (any PlacedStore, StoreLiveness) {
    let store = try PostgresStore(post.address, Opening())
    return (store, try StoreLiveness(of: store))
  }
}
