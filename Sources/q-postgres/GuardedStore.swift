import Glibc
import PostgresStore
import QueueCore
import System
import Worker

/// The store of a guard: a connection of its own, on which it renews.
final class GuardedStore {
  /// What a renewal came to.
  enum Renewal {
    case renewed
    /// The worker's row is gone: others have what it had.
    case taken
    /// Nothing was answered.
    case unheard
  }

  private let place: String
  private let worker: WorkerID
  private let beat: Beat
  private var opened: (store: any PlacedStore, liveness: StoreLiveness)?

  init(_ place: String, worker: WorkerID) throws {
    (self.place, self.worker) = (place, worker)
    beat = try Beat(place, worker)
  }

  /// Whether nobody can be sure of the worker any more.
  var isOver: Bool { beat.proof.isOver }

  func renew() -> Renewal {
    switch beat.renew() {
    case true?: .renewed
    case false?: .taken
    case nil: .unheard
    }
  }

  /// Takes back what the worker, which is dead, has left; whether nothing is left of it.
  func recover(for queue: QueueName) throws -> Bool {
    let (store, liveness) = try opened ?? open()
    opened = (store, liveness)
    do {
      _ = try store.recover(observer: liveness, for: queue, given: QueueSettings())
      return try !store.workers().contains { $0.id == worker }
    } catch {
      opened = nil
      throw error
    }
  }

  private func open() throws -> (any PlacedStore, StoreLiveness) {
    let store = try PostgresStore(place, Opening())
    return (store, try StoreLiveness(of: store))
  }

  /// Ends what runs here of the worker, without asking the store; whether something still ran.
  func endRuns() -> Bool {
    StoreLiveness.endRuns(of: worker, in: beat.place, incarnation: beat.incarnation)
  }
}
