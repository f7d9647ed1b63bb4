import Glibc
import Postgres
import QueueCore
import System

/// Watches a queue by the notifications of the server; where there are none, it looks often.
///
/// What comes along with an answer leaves nothing to read on the socket: then the store rings.
final class PostgresWatch: QueueWatch {
  /// How long one's own notification may take, in milliseconds, before a server is taken for one without.
  private static let patience: Int32 = 200
  /// How often whoever hears nothing looks, in nanoseconds.
  private static let interval: Int64 = 200_000_000

  /// What a notification of its queue says.
  let payload: String
  private let ready = ReadySet()
  private weak var session: Session?

  init(_ topic: UInt32) { payload = "\(topic)" }

  var descriptor: Int32? { ready.descriptor }

  /// Listens on a connection, in place of the one before. One's own notification shows whether that works.
  func listen(_ new: Session) {
    if let session { ready.remove(session.connection.descriptor) }
    session = nil
    ready.tick(each: Self.interval)
    guard let schema = new.server.schema, !new.server.isPooled else { return }
    guard new.hearsItself || Self.test(new, Session.channel(schema)) else { return }
    session = new
    ready.tick(each: 0)
    ready.add(new.connection.descriptor)
  }

  private static func test(_ session: Session, _ channel: String) -> Bool {
    do {
      try session.connection.run("LISTEN \(channel)")
      try session.connection.run("NOTIFY \(channel), 'test'")
      session.hearsItself = try session.connection.hears("test", within: patience)
    } catch {
      session.hearsItself = false
    }
    return session.hearsItself
  }

  /// A notification of its queue came with something else.
  func ring() { ready.ring() }

  func drain() {
    ready.drainTicks()
    guard let session else { return }
    do {
      _ = try session.connection.takeNotifications()
    } catch {
      // The next look finds out what became of the server.
      ready.remove(session.connection.descriptor)
      self.session = nil
      ready.tick(each: Self.interval)
    }
  }
}
