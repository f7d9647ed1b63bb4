import Glibc
import QueueCore

/// What a guard is asked for, as its words say: `guard PID START WORKER QUEUE`, and `$Q_STORE`.
struct GuardRequest {
  /// The worker's process.
  let pid: Int32
  /// When that started, in ticks since boot.
  let startTicks: UInt64
  let worker: WorkerID
  let queue: QueueName
  /// The address, behind `postgres:`.
  let place: String

  /// nil: these words ask for something else.
  init?(_ words: [String]) {
    guard words.count == 6, words[1] == "guard", let pid = Int32(words[2]),
      let startTicks = UInt64(words[3]), let worker = UInt64(words[4]),
      let queue = QueueName(words[5]), let store = getenv("Q_STORE").map({ String(cString: $0) }),
      let colon = store.firstIndex(of: ":")
    else { return nil }
    (self.pid, self.startTicks, self.queue) = (pid, startTicks, queue)
    self.worker = WorkerID(worker)
    place = String(store[store.index(after: colon)...])
  }

  /// Watches over the worker until nothing of it is left, and exits.
  func guardToEnd() -> Never {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { signal(number, SIG_IGN) }
    do {
      try Guardian(self).run()
      exit(0)
    } catch {
      exit(1)
    }
  }
}
