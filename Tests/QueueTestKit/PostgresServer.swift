import Foundation

/// A PostgreSQL server of this test process's own: in a temporary directory, on a socket there, run by a user
/// without rights, ended with the process.
public final class PostgresServer: Sendable {
  /// Where the server's programs are; nil: there are none.
  private static let programs: String? = {
    let base = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    let newest = versions.compactMap(Int.init).max().map { "\(base)/\($0)/bin" }
    return [newest, "/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"].compactMap(\.self)
      .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
  }()

  /// Whether there is one to be had. `Q_POSTGRES=no`: none is wanted.
  public static let isThere =
    programs != nil && ProcessInfo.processInfo.environment["Q_POSTGRES"] != "no"

  /// The one that most tests share.
  public static let shared = PostgresServer()

  /// Where its data and its socket are.
  public let directory: String
  nonisolated(unsafe) private var pid: pid_t = 0
  nonisolated(unsafe) private static var all: [PostgresServer] = []
  private static let lock = NSLock()
  nonisolated(unsafe) private static var schemas = 0

  /// Starts one; `settings` are its own, as in `fsync=off`. `place` is a directory that is there already.
  public init(_ settings: [String] = [], in place: String? = nil) {
    directory = place ?? Self.newDirectory()
    chmod(directory, 0o777)
    Self.run(
      [
        "initdb", "--no-sync", "--wal-segsize=1", "-A", "trust", "-U", "q", "-D",
        directory + "/data",
      ], directory, waits: true)
    start(settings)
    Self.lock.withLock { note() }
    psql("CREATE DATABASE q", in: "postgres")
  }

  /// Starts a standby of another one.
  public init(standbyOf primary: PostgresServer) {
    directory = Self.newDirectory()
    chmod(directory, 0o777)
    Self.run(
      [
        "pg_basebackup", "--no-sync", "-R", "-c", "fast", "-h", primary.directory, "-U", "q", "-D",
        directory + "/data",
      ], directory, waits: true)
    start()
    Self.lock.withLock { note() }
  }

  private static func newDirectory() -> String {
    let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
    let path = "\(base)/q-postgres-\(getpid())-\(UInt32.random(in: 1 ... .max))"
    mkdir(path, 0o777)
    return path
  }

  private func note() {
    if Self.all.isEmpty { atexit { PostgresServer.endAll() } }
    Self.all.append(self)
  }

  private static func endAll() {
    for server in lock.withLock({ all }) { server.end() }
  }

  /// Starts it again, in place of the one that ended.
  public func start(_ settings: [String] = []) {
    let given =
      ["listen_addresses=", "unix_socket_directories=\(directory)", "max_connections=200"]
      + settings
    pid = Self.run(
      ["postgres", "-D", directory + "/data"] + given.flatMap { ["-c", $0] }, directory,
      waits: false)
    for _ in 0..<600 {
      if psql("SELECT", in: "postgres") == 0 { return }
      usleep(20_000)
    }
  }

  /// Tells it something: SIGINT ends it fast, SIGQUIT at once, as a crash does.
  public func signal(_ number: Int32) { kill(pid, number) }

  /// Waits until it has ended.
  public func wait() {
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  /// Ends it, and forgets its data.
  public func end() {
    Self.lock.withLock { Self.all.removeAll { $0 === self } }
    signal(SIGCONT)
    signal(SIGQUIT)
    wait()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Runs statements; psql's exit status.
  @discardableResult
  public func psql(_ sql: String, in database: String = "q") -> Int32 {
    Self.run(
      ["psql", "-qAt", "-h", directory, "-U", "q", "-d", database, "-c", sql], directory,
      waits: true)
  }

  /// What statements give, a line a row.
  public func query(_ sql: String) -> String {
    let file = "\(directory)/out.\(UInt32.random(in: 1 ... .max))"
    Self.run(
      ["psql", "-qAt", "-h", directory, "-U", "q", "-d", "q", "-c", sql, "-o", file], directory,
      waits: true)
    defer { unlink(file) }
    return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
  }

  /// The address of a store that nobody else has; nothing is there yet.
  public func newAddress(_ more: String = "") -> String {
    let number = Self.lock.withLock {
      Self.schemas += 1
      return Self.schemas
    }
    return address("t\(number)") + more
  }

  /// The address of a schema, for a user, who may have a password behind a colon.
  public func address(_ schema: String, user: String = "q", database: String = "q") -> String {
    "postgres://\(user)@/\(database)?host=\(directory)&schema=\(schema)"
  }

  /// Runs one of its programs, as a user without rights where this one is root, who may not.
  @discardableResult
  private static func run(_ words: [String], _ directory: String, waits: Bool) -> Int32 {
    let program = "\(programs ?? "")/\(words[0])"
    var words = [access(program, X_OK) == 0 ? program : "/usr/bin/\(words[0])"] + words.dropFirst()
    if geteuid() == 0 {
      words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + words
    }
    words = ["/usr/bin/env", "-C", directory] + words
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let log = directory + "/log"
    for descriptor in Int32(1)...2 {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, log, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    }
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid = pid_t()
    guard posix_spawn(&pid, words[0], &actions, nil, arguments, environ) == 0 else { return -1 }
    guard waits else { return pid }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status
  }
}
