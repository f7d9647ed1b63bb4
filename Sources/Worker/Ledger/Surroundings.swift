import QueueCore
import System

/// What the ledger needs beside its store and its slots: time, signals, news, other workers. In those
/// of a test no process runs, and time passes when the test wants it to.
protocol Surroundings: AnyObject {
  /// The name that this worker is registered under.
  var worker: WorkerID { get }
  /// Nanoseconds that never go back.
  var now: UInt64 { get }
  /// Whether a change of the queue is news. If not, the ledger has to look at it often.
  var isWatching: Bool { get }
  /// Bytes that the arguments of one process may take beside those that all have.
  var argumentRoom: Int { get }
  /// Whether this worker is seen to live by the lock that everybody looks at.
  var isGenuine: Bool { get }
  /// Whether others may take what this worker holds.
  var standing: Standing { get }
  /// Whether a worker is dead that was registered at the last look.
  var hasDeadPeer: Bool { get }

  /// The next moment at which the clock here shows so many seconds since midnight.
  func next(secondOfDay seconds: Int) -> Timestamp
  /// How much the machine has to do.
  var machine: MachineState { get }

  /// Lets nanoseconds pass.
  func pause(for nanoseconds: UInt64)
  /// Returns when something has happened, or when so many nanoseconds have passed.
  func wait(for nanoseconds: UInt64) -> News
  /// The signals that came since the last call.
  func takeSignals() -> [Int32]
  /// Stops this process until somebody continues it.
  func stopProcess()

  /// Watches the queue of the plan, which another one has replaced.
  func watchAnew() throws(StoreError)
  /// Looks which other workers there are.
  func lookAtPeers() throws(StoreError)
  /// Takes back the claims of dead workers.
  func recover() throws(StoreError) -> Recovery

  /// Shows others that this worker was asked to end: a KILL that follows tells nothing of the items.
  func markEnding()
  /// Signs this worker off: all its claims have been settled.
  func signOff() throws(StoreError)
  /// Nobody acts upon signals any more.
  func releaseSignals()
  /// Says a line to whoever watches the worker.
  func say(_ message: String)
}

/// What happened while the ledger waited, apart from what it asks for itself: ends and signals.
struct News {
  var isOfQueue = false
  /// The process of another worker has ended.
  var isOfPeer = false
}
