import Foundation
import QueueTestKit

/// A PostgreSQL server on a machine of a test network, run by a user without rights.
final class NetworkServer {
  let place: TestNetwork.Place
  private let directory: String
  private let programs: String
  private var process: CommandProcess?
  private var settings: [String] = []

  /// A new one; or, of another server, a standby.
  init(in network: TestNetwork, standbyOf primary: NetworkServer? = nil) throws {
    place = try network.addPlace()
    let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
    directory = "\(base)/q-machines-\(getpid())-\(UInt32.random(in: 1 ... .max))"
    let found = TestNetwork.Shell.run(
      "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1 | tr -d '\\n'")
    programs = found.said
    try TestNetwork.Shell.must("mkdir \(directory) && chown 65534:65534 \(directory)")
    if let primary {
      try primary.must("ALTER SYSTEM SET synchronous_standby_names = ''")
      try run("pg_basebackup -h \(primary.place.address) -U q -D data -R -X stream -c fast")
    } else {
      try run(
        "initdb --no-sync -A trust -U q -D data; for what in all replication; do "
          + "echo \"host $what all 10.77.0.0/24 trust\" >>data/pg_hba.conf; done")
    }
    try start()
    if primary == nil { try must("CREATE DATABASE q", in: "postgres") }
  }

  deinit {
    signalAll(SIGKILL)
    _ = process?.wait()
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func run(_ line: String) throws {
    let user = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    try TestNetwork.Shell.must(
      "cd \(directory); \(place.prefix.joined(separator: " ")) \(user) env PATH=\(programs):$PATH "
        + "bash -euc '\(line)'")
  }

  /// Starts it, and waits until it answers; `settings` are its own until the next start.
  func start(_ settings: [String] = []) throws {
    try spawn(settings)
    guard becomesTrue(within: 60, { query("SELECT 1") == "1\n" }) else {
      throw Unexpected("the server does not start: \(log.suffix(2_000))")
    }
  }

  /// Starts it without waiting.
  func spawn(_ settings: [String] = []) throws {
    let given =
      [
        "listen_addresses=\(place.address)", "unix_socket_directories=\(directory)",
        "max_connections=200",
      ]
      + settings
    let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let words = ["\(programs)/postgres", "-D", "\(directory)/data"] + given.flatMap { ["-c", $0] }
    process = CommandProcess(
      place.prefix + ["env", "-C", directory] + user + words,
      streams: .init(output: "\(directory)/log", error: "\(directory)/log"))
  }

  var log: String {
    FileManager.default.contents(atPath: "\(directory)/log").map {
      String(decoding: $0, as: UTF8.self)
    }
      ?? ""
  }

  /// SIGINT ends it fast, SIGQUIT as a crash does; waits until it has.
  func stop(by signal: Int32) {
    process?.send(signal)
    _ = process?.wait(within: 60)
  }

  /// To each of its processes.
  func signalAll(_ signal: Int32) {
    guard let process else { return }
    let children =
      FileManager.default.contents(atPath: "/proc/\(process.pid)/task/\(process.pid)/children")
      ?? Data()
    process.send(signal)
    for child in String(decoding: children, as: UTF8.self).split(separator: " ") {
      if let pid = Int32(child) { kill(pid, signal) }
    }
  }

  /// Its machine has no power any more.
  func powerOff() {
    signalAll(SIGKILL)
    _ = process?.wait(within: 60)
    process = nil
  }

  /// What a statement gives, a line a row; nil: it fails.
  func query(_ sql: String, in database: String = "postgres") -> String? {
    let quoted = sql.replacing("'", with: "'\\''")
    let (status, said) = TestNetwork.Shell.run(
      "\(programs)/psql -XqAt -h \(directory) -U q -d \(database) -c '\(quoted)'")
    return status == 0 ? said : nil
  }

  func must(_ sql: String, in database: String = "postgres") throws {
    guard query(sql, in: database) != nil else { throw Unexpected("psql: \(sql)") }
  }

  /// A client that runs statements.
  func sql(_ text: String) -> CommandProcess {
    CommandProcess([
      "\(programs)/psql", "-XqAt", "-h", directory, "-U", "q", "-d", "q", "-c", text,
    ])
  }
}
