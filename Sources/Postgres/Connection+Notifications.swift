import CPostgres
import Glibc

extension Connection {
  /// What others have notified it of since the last call: their payloads. Throws when the connection is gone.
  public func takeNotifications() throws(PostgresError) -> [String] {
    guard PQconsumeInput(handle) == 1 else { throw failure() }
    return takeHeard()
  }

  /// The same of what came along with answers.
  public func takeHeard() -> [String] {
    var heard: [String] = []
    while let notification = PQnotifies(handle) {
      // It knows its own.
      if notification.pointee.be_pid != PQbackendPID(handle) {
        heard.append(String(cString: notification.pointee.extra))
      }
      PQfreemem(notification)
    }
    return heard
  }

  /// Whether it is notified of this within so many milliseconds, be it by itself.
  public func hears(_ payload: String, within milliseconds: Int32) throws(PostgresError) -> Bool {
    for isLast in [false, true] {
      while let notification = PQnotifies(handle) {
        defer { PQfreemem(notification) }
        if String(cString: notification.pointee.extra) == payload { return true }
      }
      if isLast { break }
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      Glibc.poll(&wait, 1, milliseconds)
      guard PQconsumeInput(handle) == 1 else { throw failure() }
    }
    return false
  }
}
