import Postgres
import QueueCore
import System

/// A worker's row of `beats`, renewed by its guard on a connection of the guard's own.
package final class Beat {
  private let location: StoreLocation
  private let proof: Proof
  private var connection: Connection?
  private let renewal: String

  package init(_ post: GuardPost) throws {
    location = try StoreLocation(post.address)
    proof = post.proof
    // It need not outlive the server's crash: whoever counts begins anew then. Said of the transaction alone: behind
    // a pooler the session is others' as well.
    renewal =
      "BEGIN; SET LOCAL synchronous_commit = off; UPDATE \(location.layout.beats) SET beat = beat + 1 "
      + "WHERE worker = \(post.worker.number); COMMIT"
  }

  /// From one renewal to the next, in microseconds.
  package var interval: UInt32 {
    UInt32(min(.seconds(1), location.lease / 6).wholeMicroseconds)
  }

  /// Renews it: true, and the proof is of before; false when there is no row any more; nil when no answer came.
  package func renew() -> Bool? {
    let moment = BootTime.now()
    do {
      let connection = try connection ?? connect()
      self.connection = connection
      let answers = try connection.run(renewal)
      guard answers.contains(where: { $0.changed == 1 }) else { return false }
      proof.note(moment)
      return true
    } catch {
      connection = nil
      return nil
    }
  }

  /// A host that is silent does not keep it from the next one, as long as the proof is good.
  private func connect() throws(PostgresError) -> Connection {
    var options = Session.options.merging(location.options) { $1 }
    let patience = (location.lease / 6).components.seconds
    options["connect_timeout"] = "\(min(max(1, patience), Int64(Connection.patience)))"
    return try Connection(options) { [proof] in proof.isOver }
  }
}
