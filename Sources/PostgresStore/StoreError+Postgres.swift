import Postgres
import QueueCore
import System

extension StoreError {
  /// What the layers below threw, as a failure of the store at an address.
  init(_ error: any Error, at address: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as PostgresError: self.init(error, at: address)
    case let error as SystemError:
      self.init(.inputOutput, "cannot \(error.call) \(error.subject): \(error.reason)")
    default: self.init(.inputOutput, "\(error)")
    }
  }

  /// What a server said, or the way to it. `advice` is what to do.
  init(_ error: PostgresError, at address: String) {
    let (code, advice) = Self.meaning(of: error)
    self.init(code, "cannot use \(address): \(error.message)\(advice.isEmpty ? "" : ": \(advice)")")
  }

  private static func meaning(of error: PostgresError) -> (Code, String) {
    switch error.state {
    case "53300":
      return (.busy, "it has no connection left: raise max_connections, or use a pooler")
    case "57P03": return (.busy, "it starts, or stops: try again")
    case "25006":
      return (
        .busy,
        "it takes no writes: a standby (target_session_attrs=read-write finds the primary), or "
          + "default_transaction_read_only is on"
      )
    case "55P03": return (.busy, "another writer holds the store: try again")
    case "28P01":
      return (.permission, "name the right password: in ~/.pgpass, or the file of PGPASSFILE")
    case "3D000": return (.noStore, "make it first: createdb")
    // In whatever language it names the table.
    case "42P01" where error.message.contains("raw_"):
      return (.unsound, "restore the database from a copy, and see q-check")
    case "23505": return (.unsound, "a key is there that was not: see q-check")
    case "3F000", "42P01": return (.noStore, "it is no store any more: q-enqueue makes one")
    case "40001", "40P01": return (.busy, "others were in the way: try again")
    case "53100": return (.inputOutput, "make room on the server and try again")
    case "57014":
      return (.inputOutput, "somebody cancelled it; nothing of it is done: try again")
    default: break
    }
    if error.state.hasPrefix("28") || error.state == "42501" {
      return (.permission, "see the roles and pg_hba.conf of the server")
    }
    if ["XX001", "XX002"].contains(error.state) {
      return (.unsound, "restore the database from a copy")
    }
    // No state: no way to the server, or lost in between.
    if error.state.isEmpty || error.state.hasPrefix("08") || error.state.hasPrefix("57P") {
      return (.busy, "")
    }
    return (.inputOutput, "")
  }
}
