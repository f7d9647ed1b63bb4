import Glibc
import Postgres
import QueueLogic
package import QueueCore
import System

/// A worker's row of `beats`, renewed by its guard on a connection of the guard's own.
package final class Beat {
  /// The page that the worker looks at, too.
  package let proof: Proof
  /// Where the worker's runs are recorded.
  package let place: String
  /// What its tokens carry.
  package let incarnation: UInt64
  private let location: StoreLocation
  private let worker: WorkerID
  private var connection: Connection?
  private let renewal: Statement

  /// Of the store behind `postgres:`.
  package init(_ address: String, _ worker: WorkerID) throws {
    location = try StoreLocation(address)
    self.worker = worker
    let store = try PostgresOrderedStore(location)
    incarnation = try store.read { try OrderedQueueStore.incarnation(in: $0) }
    let place = try Place(of: incarnation)
    self.place = place.directory
    proof = try Proof(place.proof(worker), lease: location.lease)
    renewal = Statement(
      "UPDATE \(location.layout.beats) SET beat = beat + 1 WHERE worker = $1::bigint"
    ).with(Int64(worker.number))
  }

  /// Renews it: true, and the proof is of before; false when there is no row any more; nil when no answer came.
  package func renew() -> Bool? {
    let moment = BootTime.now()
    do {
      let connection = try connection ?? connect()
      self.connection = connection
      let answer = try connection.send([[renewal]]).first?.first
      guard answer?.changed == 1 else { return false }
      proof.note(moment)
      return true
    } catch {
      connection = nil
      return nil
    }
  }

  /// Nobody waits for it longer than the proof is good.
  private func connect() throws(PostgresError) -> Connection {
    var options = Session.options.merging(location.options) { $1 }
    let left = location.lease * 2 / 3 - proof.age
    options["connect_timeout"] = "\(min(max(1, left.components.seconds), 10))"
    let connection = try Connection(options)
    connection.isHopeless = { [proof] in proof.isOver }
    connection.prepares = false
    // It need not outlive the server's crash: whoever counts sees that the beat stands still.
    try connection.run("SET synchronous_commit = off")
    return connection
  }
}
