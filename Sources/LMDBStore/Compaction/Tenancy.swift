import Glibc
import QueueCore
import System

/// A process's connection to its store: lent for a transaction at a time, and given up in between when a compaction
/// asks, also while the process is busy with something else: it may wait for hours for its standard input, or until
/// somebody reads what it prints. The next transaction opens the environment that is there then.
///
/// @unchecked Sendable: `monitor` guards what changes, but `isWatching`, which the thread alone looks at that uses the
/// store. A second one, which waits at the gate, does nothing but close.
final class Tenancy: @unchecked Sendable {
  /// A process that goes on for longer watches the gate: most are through by then, and a thread would cost them a
  /// twentieth of their time.
  private static let brief: UInt64 = 20_000_000
  /// Where there is no watch.
  private static let poll: UInt64 = 1_000_000_000

  let directory: StoreDirectory
  let gate: Gate
  private let isGuarded: Bool
  private let monitor = Monitor()
  /// Nil while it is given up.
  private var connection: Connection?
  /// Transactions that are open.
  private var users = 0
  private var isAsked = false
  /// How often it was given up.
  private var closings: UInt64 = 0
  private var isDoubtful = false
  private var hasEnded = false
  /// As long as there is no second thread the gate is looked at before each transaction.
  private var isWatching = false
  private let opened = MonotonicTime.now()
  /// Of inotify; there for as long as ``watch()`` runs.
  private var notifier: (descriptor: Int32, watch: Int32)?

  init(_ directory: StoreDirectory) throws(StoreError) {
    self.directory = directory
    gate = try Gate(directory)
    isGuarded = true
    connection = try open(returning: false)
  }

  /// Of a store that is being made, in this environment: nobody else has it.
  init(making directory: StoreDirectory, in environment: String) throws(StoreError) {
    self.directory = directory
    gate = try Gate(directory)
    isGuarded = false
    connection = try Connection(directory, environment: environment)
  }

  // MARK: Lending

  /// Lends the connection; opens it if it was given up, or is not to be trusted any more.
  func lend<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    let connection = try begin()
    defer { end() }
    return try body(connection)
  }

  /// Lends the connection as it is; while it is given up, how often it was. Who only looks is about to wait.
  func look<Result>(
    _ body: (Connection) -> Result, givenUp: (_ closings: UInt64) -> Result
  ) -> Result {
    startWatching()
    return monitor.locked { connection.map(body) ?? givenUp(closings) }
  }

  /// From now on the connection is given up whatever the process does: to be called before it waits for others.
  func startWatching() {
    guard !isWatching, isGuarded else { return }
    isWatching =
      (try? WorkerThread.start(name: "q-gate", detached: true) { self.watch() }) != nil
  }

  /// A commit failed: the environment in memory is not to be trusted.
  func doubt() { monitor.locked { isDoubtful = true } }

  /// Gives the connection up, as if a compaction had asked.
  func giveUp() throws(StoreError) {
    if let error = monitor.locked({ close() }) { throw error }
  }

  /// Closes it for good: what cannot be closed in time stays open, and inside the gate, until the process ends.
  func leave() {
    monitor.locked {
      hasEnded = true
      monitor.wakeAll()
      if let notifier { inotify_rm_watch(notifier.descriptor, notifier.watch) }
      if close() != nil {
        _ = (connection.map(Unmanaged.passRetained), Unmanaged.passRetained(self))
      }
    }
  }

  private func begin() throws(StoreError) -> Connection {
    if !isWatching {
      if MonotonicTime.now() - opened > Self.brief { startWatching() }
      if gate.isAsked { monitor.locked { isAsked = true } }
    }
    let (open, failure) = monitor.locked { () -> (Connection?, StoreError?) in
      if users == 0, isAsked || isDoubtful, let failure = close(), isDoubtful {
        return (nil, failure)
      }
      if connection != nil { users += 1 }
      return (connection, nil)
    }
    if let failure { throw failure }
    if let open { return open }
    let new = try self.open(returning: true)
    return monitor.locked {
      (connection, users, isAsked) = (new, 1, gate.isAsked)
      return new
    }
  }

  private func end() {
    monitor.locked {
      users -= 1
      if users == 0, isAsked { _ = close() }
    }
  }

  // MARK: Opening and closing

  private func open(returning: Bool) throws(StoreError) -> Connection {
    try gate.enter(returning: returning)
    do {
      return try Connection(directory)
    } catch {
      gate.leave()
      throw error
    }
  }

  /// Inside `monitor` only, with no transaction open. Why it stays open, if it does.
  private func close() -> StoreError? {
    guard let connection, users == 0 else { return nil }
    do throws(StoreError) {
      if isGuarded { try connection.close(directory) } else { connection.closeUnguarded() }
    } catch {
      return error
    }
    self.connection = nil
    closings += 1
    isDoubtful = false
    gate.leave()
    return nil
  }

  // MARK: Watching the gate

  private func watch() {
    let notifier = inotify_init1(Int32(IN_CLOEXEC))
    defer { if notifier >= 0 { Glibc.close(notifier) } }
    let watch =
      notifier < 0 ? -1 : inotify_add_watch(notifier, gate.path, UInt32(IN_MODIFY | IN_ATTRIB))
    monitor.locked { if watch >= 0 { self.notifier = (notifier, watch) } }
    defer { monitor.locked { self.notifier = nil } }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      if gate.isAsked {
        monitor.locked {
          isAsked = true
          if users == 0 { _ = close() }
        }
      }
      if monitor.locked({ hasEnded }) { return }
      if watch >= 0 {
        _ = read(notifier, &buffer, buffer.count)
      } else if waits(for: Self.poll) {
        return
      }
    }
  }

  /// Waits; true as soon as the tenancy has ended.
  private func waits(for nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicTime.now() + nanoseconds
    return monitor.locked {
      while !hasEnded, monitor.wait(until: deadline) {}
      return hasEnded
    }
  }
}
