import Glibc
import QueueCore

/// What a guard is asked for, as its words say: `guard PID START WORKER QUEUE PLACE INCARNATION`, and `$Q_STORE`.
struct GuardRequest {
  /// The worker's process.
  let pid: Int32
  /// When that started, in ticks since boot.
  let startTicks: UInt64
  let worker: WorkerID
  let queue: QueueName
  /// The number by which the worker's directory is found.
  let directory: UInt64
  /// What the worker's tokens carry.
  let incarnation: UInt64
  /// The address, behind `postgres:`.
  let place: String

  /// nil: these words ask for something else.
  init?(_ words: [String]) {
    guard words.count == 8, words[1] == "guard", let pid = Int32(words[2]),
      let startTicks = UInt64(words[3]), let worker = UInt64(words[4]),
      let queue = QueueName(words[5]), let directory = UInt64(words[6], radix: 16),
      let incarnation = UInt64(words[7], radix: 16),
      let store = getenv("Q_STORE").map({ String(cString: $0) }),
      let colon = store.firstIndex(of: ":")
    else { return nil }
    (self.pid, self.startTicks, self.queue) = (pid, startTicks, queue)
    (self.directory, self.incarnation) = (directory, incarnation)
    self.worker = WorkerID(worker)
    place = String(store[store.index(after: colon)...])
  }
}
