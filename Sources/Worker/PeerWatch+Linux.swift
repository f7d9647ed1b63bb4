import CProcess
import Glibc
import QueueCore

/// Watches the other workers of the store, so that the death of one is known at once: a descriptor
/// of its process becomes readable. That it is dead its lock says, not the descriptor.
final class PeerWatch {
  private var descriptors: [WorkerID: Int32] = [:]
  /// Workers whose process has ended, though they are still registered: a descriptor of a process
  /// that nobody has reaped would be readable at once.
  private var ended: Set<WorkerID> = []
  private(set) var peers: [WorkerRecord] = []

  deinit { for descriptor in descriptors.values { close(descriptor) } }

  /// Knows all of these workers, and watches the processes of those that are here.
  func update(_ all: [WorkerRecord], here workers: [WorkerRecord]) {
    peers = all
    let names = Set(workers.map(\.id))
    for (worker, descriptor) in descriptors where !names.contains(worker) {
      close(descriptor)
      descriptors[worker] = nil
    }
    ended.formIntersection(names)
    for worker in workers where descriptors[worker.id] == nil && !ended.contains(worker.id) {
      let descriptor = qp_pidfd_open(worker.process.pid)
      if descriptor >= 0 { descriptors[worker.id] = descriptor }
    }
  }

  /// The descriptors to wait for.
  var watched: [Int32] { Array(descriptors.values) }

  /// Stops waiting for a process that has ended: its descriptor would stay readable for ever.
  func forget(_ descriptor: Int32) {
    guard let worker = descriptors.first(where: { $0.value == descriptor })?.key else { return }
    close(descriptor)
    descriptors[worker] = nil
    ended.insert(worker)
  }
}
