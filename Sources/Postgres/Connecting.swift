import CPostgres
import Glibc
import System

/// Makes connections.
enum Connecting {
  /// How long it may take where the options do not say, in seconds.
  static let patience: UInt64 = 10

  /// How often whoever waits asks whether it is hopeless, in milliseconds.
  static let lookInterval: Int32 = 50

  /// A handle that is connected. libpq goes from one host to the next by itself, but for one that is silent: how
  /// long it is waited for is left to whoever asks.
  static func connected(
    _ options: [String: String], _ isHopeless: () -> Bool
  ) throws(PostgresError) -> OpaquePointer {
    let limit = options["connect_timeout"].flatMap { Int64($0) } ?? Int64(patience)
    var options = options
    var said = ""
    while true {
      let handle = try start(options)
      // With what the server names the failure by: there is no other way to it.
      PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
      let end = connect(handle, within: limit == 0 ? 1 << 30 : limit, isHopeless)
      if case .connected = end {
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
      }
      let others = hosts(behindThatOf: handle)
      let shown = PQhost(handle).map { String(cString: $0) } ?? ""
      PQfinish(handle)
      switch end {
      case .refused(var error):
        error.message = said + error.message
        // One that did not answer may be the one that is meant.
        if !said.isEmpty { error.state = "" }
        throw error
      case .silent where !others.isEmpty && !isHopeless():
        said += "\(shown): no answer within \(limit) s: "
        options.merge(others) { $1 }
      default: throw PostgresError("", "\(said)\(shown): no answer within \(limit) s", isLost: true)
      }
    }
  }

  private enum End {
    case connected
    case refused(PostgresError)
    case silent
  }

  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }

  private static func start(_ options: [String: String]) throws(PostgresError) -> OpaquePointer {
    let pairs = options.sorted { $0.key < $1.key }
    let opened = withCStrings(pairs.map(\.key)) { keys in
      withCStrings(pairs.map(\.value)) { values in PQconnectStartParams(keys, values, 0) }
    }
    guard let opened else { throw PostgresError("", "out of memory", isLost: true) }
    // libpq prints what a server remarks, and nobody asked for it.
    PQsetNoticeReceiver(opened, { _, _ in }, nil)
    return opened
  }

  /// Each host that libpq comes to has so many seconds.
  private static func connect(
    _ handle: OpaquePointer, within seconds: Int64, _ isHopeless: () -> Bool
  ) -> End {
    let limit = UInt64(seconds) * 1_000_000_000
    var (socket, end) = (Int32(-1), MonotonicTime.now() + limit)
    var host = ""
    var state = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
    while true {
      switch state {
      case PGRES_POLLING_OK: return .connected
      case PGRES_POLLING_FAILED:
        // It asked for a password and none was at hand: libpq says so without the server's name for it.
        let state = PQconnectionNeedsPassword(handle) == 1 ? "28P01" : ""
        return .refused(PostgresError(connecting: String(cString: PQerrorMessage(handle)), state))
      default: break
      }
      let current = place(of: handle)
      if PQsocket(handle) != socket || current != host {
        if current != host { end = MonotonicTime.now() + limit }
        (socket, host) = (PQsocket(handle), current)
      }
      guard MonotonicTime.now() < end, !isHopeless() else { return .silent }
      let events = Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT)
      var poll = pollfd(fd: socket, events: events, revents: 0)
      if Glibc.poll(&poll, 1, lookInterval) > 0 { state = PQconnectPoll(handle) }
    }
  }

  /// The host that is tried, as the options name it.
  private static func place(of handle: OpaquePointer) -> String {
    let (host, port) = (PQhost(handle), PQport(handle))
    return (host.map { String(cString: $0) } ?? "") + ":"
      + (port.map { String(cString: $0) } ?? "")
  }

  /// The options of those hosts that come behind the one that is tried.
  private static func hosts(behindThatOf handle: OpaquePointer) -> [String: String] {
    guard let known = PQconninfo(handle) else { return [:] }
    defer { PQconninfoFree(known) }
    var lists: [String: [Substring]] = [:]
    var option = known
    while let keyword = option.pointee.keyword {
      let name = String(cString: keyword)
      if ["host", "hostaddr", "port"].contains(name), let value = option.pointee.val {
        lists[name] = String(cString: value).split(separator: ",", omittingEmptySubsequences: false)
      }
      option += 1
    }
    let names = lists["host"] ?? lists["hostaddr"] ?? []
    let ports = lists["port"] ?? []
    let tried = place(of: handle)
    let found = names.indices.first { place in
      let port = ports.count > 1 ? (place < ports.count ? ports[place] : "") : ports.first ?? ""
      return "\(names[place]):\(port)" == tried
    }
    guard let found, found + 1 < names.count else { return [:] }
    return lists.mapValues { list in
      list.count > 1 ? list.dropFirst(found + 1).joined(separator: ",") : list.joined()
    }
  }
}
