import CPostgres
import Glibc

/// A connection to a server, used by one thread at a time. Waits without an end unless ``isHopeless`` says so.
public final class Connection {
  let handle: OpaquePointer
  /// The names of statements that the server has prepared, by their text.
  private var prepared: [String: String] = [:]
  private var names = 0
  /// What was sent that nobody waits for.
  private var posted: [Sent] = []
  /// Whether statements may be prepared: not where each transaction may be another server process's.
  public var prepares = true
  /// Asked while the server is silent; true: what is waited for is given up, and the connection with it.
  public var isHopeless: () -> Bool
  /// The server has warned that what it committed may be nowhere else.
  public private(set) var wasReplicationCut = false

  /// How long connecting may take where the options do not say, in seconds.
  public static var patience: UInt64 { Connecting.patience }

  /// Connects; see libpq for the options. Throws when there is no way to a server that takes this user.
  public init(
    _ options: [String: String], isHopeless: @escaping () -> Bool = { false }
  ) throws(PostgresError) {
    self.isHopeless = isHopeless
    handle = try Connecting.connected(options, isHopeless)
    prepare()
  }

  private func prepare() {
    PQsetnonblocking(handle, 1)
    PQsetNoticeReceiver(
      handle,
      { connection, result in
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C")))
        // "canceling wait for synchronous replication" has no state of its own.
        let isWarning = state.map { String(cString: $0) == "01000" } ?? false
        guard isWarning, let connection else { return }
        Unmanaged<Connection>.fromOpaque(connection).takeUnretainedValue().wasReplicationCut = true
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { PQfinish(handle) }

  /// Its socket.
  public var descriptor: Int32 { PQsocket(handle) }
  /// The process that serves it, as whoever is connected to says.
  public var serverProcess: Int64 { Int64(PQbackendPID(handle)) }
  /// Of libpq, as in 150004.
  public static var libraryVersion: Int { Int(PQlibVersion()) }

  /// Statements without parameters, one transaction unless they say otherwise; the last answer with rows of each.
  @discardableResult
  public func run(_ sql: String) throws(PostgresError) -> [Answer] {
    wasReplicationCut = false
    try leavePipeline()
    guard PQsendQuery(handle, sql) == 1 else { throw failure() }
    try flush()
    var answers: [Answer] = []
    var error: PostgresError?
    while let result = try next(after: error) {
      if let failed = Self.error(of: result, handle) {
        error = error ?? failed
        PQclear(result)
      } else {
        answers.append(Answer(result))
      }
    }
    if let error { throw error }
    return answers
  }

  /// Sends all of it at once, and waits once. Each group is a transaction, unless one is open. Nothing of a group is
  /// done behind a statement that fails; what is thrown then names the group. Gives back each statement's answer.
  public func send(_ groups: [[Statement]]) throws(PostgresError) -> [[Answer]] {
    wasReplicationCut = false
    let sent = try put(groups)
    try flush()
    try readPosted()
    return try read(sent)
  }

  /// Sends it, and waits for nothing: what comes of it nobody wants to know.
  public func post(_ groups: [[Statement]]) throws(PostgresError) {
    let sent = try put(groups)
    posted += sent
    try flush()
  }

  /// What was sent and is not answered yet, before all else.
  private func readPosted() throws(PostgresError) {
    guard !posted.isEmpty else { return }
    let sent = posted
    posted = []
    do throws(PostgresError) {
      _ = try read(sent)
    } catch {
      if error.isLost { throw error }
    }
  }

  private func put(_ groups: [[Statement]]) throws(PostgresError) -> [Sent] {
    if PQpipelineStatus(handle) == PQ_PIPELINE_OFF {
      guard PQenterPipelineMode(handle) == 1 else { throw failure() }
    }
    var sent: [Sent] = []
    for group in groups {
      for statement in group { try put(statement, &sent) }
      guard PQpipelineSync(handle) == 1 else { throw failure() }
      sent.append(.end)
    }
    return sent
  }

  private func read(_ sent: [Sent]) throws(PostgresError) -> [[Answer]] {
    var answers: [[Answer]] = [[]]
    var error: PostgresError?
    for message in sent {
      guard let result = try next(after: error) else {
        // Nothing comes any more: the connection is gone, whatever was said before.
        var lost = error ?? failure()
        lost.isLost = true
        throw lost
      }
      if case .end = message {
        // What fails here is the commit of this group, where that is its own, or comes after it.
        if let failed = try takeEnd(result, error) {
          error = failed
          error?.group = answers.count
        }
        answers.append([])
        continue
      }
      if var failed = Self.error(of: result, handle) {
        failed.group = answers.count - 1
        error = error ?? failed
        PQclear(result)
      } else if case .preparation(let text, let name) = message {
        prepared[text] = name
        PQclear(result)
      } else {
        answers[answers.count - 1].append(Answer(result))
      }
      if let extra = try next(after: error) { PQclear(extra) }
    }
    if let error { throw error }
    return answers
  }

  /// A simple request has to come alone.
  private func leavePipeline() throws(PostgresError) {
    guard PQpipelineStatus(handle) != PQ_PIPELINE_OFF else { return }
    try readPosted()
    guard PQexitPipelineMode(handle) == 1 else { throw failure() }
  }

  /// Takes the end of a group, and what was said before it; that, unless there was an error before.
  private func takeEnd(
    _ result: OpaquePointer, _ error: PostgresError?
  ) throws(PostgresError) -> PostgresError? {
    var failed: PostgresError?
    var result: OpaquePointer? = result
    while true {
      let isEnd = result.map { PQresultStatus($0) == PGRES_PIPELINE_SYNC } ?? false
      failed = failed ?? result.flatMap { Self.error(of: $0, handle) }
      PQclear(result)
      if isEnd { return error == nil ? failed : nil }
      guard PQstatus(handle) == CONNECTION_OK else { throw error ?? failed ?? failure() }
      result = try next(after: error ?? failed)
    }
  }

  /// What is on its way to the server, and how its answer is to be read.
  private enum Sent {
    case preparation(String, name: String)
    case query
    case end
  }

  private func put(_ statement: Statement, _ sent: inout [Sent]) throws(PostgresError) {
    var name = prepared[statement.text]
    if prepares, name == nil {
      // Sent twice at once it is prepared twice; the later name stays.
      names += 1
      let new = "q\(names)"
      guard PQsendPrepare(handle, new, statement.text, 0, nil) == 1 else { throw failure() }
      sent.append(.preparation(statement.text, name: new))
      name = new
    }
    let parameters = statement.parameters
    let lengths = parameters.map { Int32($0.count) }
    let formats = parameters.map { _ in Int32(1) }
    let isSent = Self.withPointers(parameters) { values in
      if let name {
        return PQsendQueryPrepared(
          handle, name, Int32(parameters.count), values, lengths, formats, 1)
      }
      return PQsendQueryParams(
        handle, statement.text, Int32(parameters.count), nil, values, lengths, formats, 1)
    }
    guard isSent == 1 else { throw failure() }
    sent.append(.query)
  }

  private static func withPointers<Result>(
    _ parameters: [[UInt8]], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    func lend(_ rest: ArraySlice<[UInt8]>, _ pointers: [UnsafePointer<CChar>?]) -> Result {
      guard let first = rest.first else {
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
      }
      // Nothing, as a parameter, is no NULL.
      return (first.isEmpty ? [0] : first).withUnsafeBytes { bytes in
        lend(rest.dropFirst(), pointers + [bytes.baseAddress?.assumingMemoryBound(to: CChar.self)])
      }
    }
    return lend(parameters[...], [])
  }

  /// Whether a transaction is open, be it one that has failed.
  public var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

  // MARK: Waiting

  private func flush() throws(PostgresError) {
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1:
        // A server that answers meanwhile would wait for its answers to be read.
        if try wait(Int16(POLLIN | POLLOUT)) & Int16(POLLIN) != 0 {
          guard PQconsumeInput(handle) == 1 else { throw failure() }
        }
      default: throw failure()
      }
    }
  }

  /// `error`: what the server has said already; where the connection is lost then, that was why.
  private func next(after error: PostgresError?) throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(handle) == 1 {
      _ = try wait(Int16(POLLIN))
      guard PQconsumeInput(handle) == 1 else {
        guard var error else { throw failure() }
        error.isLost = true
        throw error
      }
    }
    return PQgetResult(handle)
  }

  private func wait(_ events: Int16) throws(PostgresError) -> Int16 {
    var poll = pollfd(fd: descriptor, events: events, revents: 0)
    while Glibc.poll(&poll, 1, Connecting.lookInterval) <= 0 {
      if isHopeless() { throw PostgresError("", "the server does not answer", isLost: true) }
    }
    return poll.revents
  }

  func failure() -> PostgresError {
    PostgresError("", String(cString: PQerrorMessage(handle)), isLost: true)
  }

  private static func error(of result: OpaquePointer, _ handle: OpaquePointer) -> PostgresError? {
    switch PQresultStatus(result) {
    case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
      let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
      let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
      return PostgresError(
        state ?? "", message ?? String(cString: PQresultErrorMessage(result)),
        isLost: PQstatus(handle) == CONNECTION_BAD)
    case PGRES_PIPELINE_ABORTED: return PostgresError("25P02", "not tried", isLost: false)
    default: return nil
    }
  }
}
