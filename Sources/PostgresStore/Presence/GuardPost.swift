package import QueueCore

/// Where a guard stands: known without the store, which it may be unable to ask.
package struct GuardPost: Sendable {
  /// The address, behind `postgres:`.
  package let address: String
  package let worker: WorkerID
  /// The directory of the worker's locks and runs.
  package let directory: String
  /// The page that the worker looks at, too.
  package let proof: Proof
  /// Of the page.
  package let path: String

  /// `place` is the number by which the worker's directory is found.
  package init(_ address: String, _ worker: WorkerID, place: UInt64) throws {
    (self.address, self.worker) = (address, worker)
    let lease = try StoreLocation(address).lease
    let place = try Place(of: place)
    (directory, path) = (place.directory, place.proof(worker))
    proof = try Proof(path, lease: lease)
  }
}
