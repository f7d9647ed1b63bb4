import Foundation
import Glibc
import QueueTestKit

/// Stands between a client and a server's socket, and cuts connections at chosen bytes.
///
/// @unchecked Sendable: what changes is behind the lock.
final class CuttingProxy: @unchecked Sendable {
  /// What may pass before both ends are closed, and what has passed.
  private struct Passage {
    var toServer = Int.max
    var toClient = Int.max
    var passed = (toServer: 0, toClient: 0)
    var isArmed = false
  }

  /// Where its socket is.
  let directory: String
  private let upstream: String
  private let listener: Int32
  private let lock = NSLock()
  private var passage = Passage()
  private var open: [Int32] = []

  init(_ server: PostgresServer) {
    directory = "\(server.directory)/proxy-\(UInt32.random(in: 1 ... .max))"
    mkdir(directory, 0o755)
    upstream = server.directory + "/.s.PGSQL.5432"
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    Self.withAddress(directory + "/.s.PGSQL.5432") { _ = bind(listener, $0, $1) }
    listen(listener, 100)
    Thread.detachNewThread { [self, listener] in
      while true {
        let client = accept(listener, nil, nil)
        if client < 0 { return }
        Thread.detachNewThread { [self] in relay(client) }
      }
    }
  }

  /// Nobody else comes through; those who are there may stay.
  func end() {
    shutdown(listener, Int32(SHUT_RDWR))
    cut()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// From now on so many bytes pass, then all connections are cut, once.
  func arm(toServer: Int = .max, toClient: Int = .max) {
    lock.withLock { passage = Passage(toServer: toServer, toClient: toClient, isArmed: true) }
  }

  /// Disarms it: the bytes that have passed since it was armed.
  func disarm() -> (toServer: Int, toClient: Int) {
    lock.withLock {
      defer { passage = Passage() }
      return passage.passed
    }
  }

  /// Cuts all connections.
  func cut() {
    lock.withLock {
      passage.isArmed = false
      for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  private func relay(_ client: Int32) {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    Self.withAddress(upstream) { _ = connect(server, $0, $1) }
    lock.withLock { open += [client, server] }
    var waits = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    loop: while poll(&waits, 2, -1) > 0 {
      for place in 0..<2 where waits[place].revents != 0 {
        let count = read(waits[place].fd, &buffer, buffer.count)
        guard count > 0, pass(&buffer, count, to: waits[1 - place].fd, isToServer: place == 0)
        else { break loop }
      }
    }
    lock.withLock { open.removeAll { $0 == client || $0 == server } }
    close(client)
    close(server)
  }

  /// Whether it goes on.
  private func pass(
    _ buffer: inout [UInt8], _ count: Int, to descriptor: Int32, isToServer: Bool
  ) -> Bool {
    let (allowed, isEnd) = lock.withLock {
      guard passage.isArmed else { return (count, false) }
      let room =
        isToServer
        ? passage.toServer - passage.passed.toServer : passage.toClient - passage.passed.toClient
      let allowed = min(count, room)
      if isToServer {
        passage.passed.toServer += allowed
      } else {
        passage.passed.toClient += allowed
      }
      return (allowed, allowed < count)
    }
    let sent = allowed == 0 ? 0 : send(descriptor, buffer, allowed, Int32(MSG_NOSIGNAL))
    if isEnd { cut() }
    return !isEnd && sent == allowed
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void
  ) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
