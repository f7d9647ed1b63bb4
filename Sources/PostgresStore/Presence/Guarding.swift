import Glibc
import QueueCore
import System

/// Keeps a guard beside this process's worker: another one where one has died.
final class Guarding: Sendable {
  /// From the death of one to the start of another, in nanoseconds.
  private static let pause: UInt64 = 200_000_000
  private let stop = StopFlag()

  /// Starts one, and a thread that waits for its end. It is told whose it is: the worker's process, when that
  /// started, the worker's number, its queue, its place, and what its tokens carry.
  init(
    program: String, _ worker: WorkerID, queue: QueueName, store: String, place: UInt64,
    incarnation: UInt64
  ) throws(SystemError) {
    var files = ProcFiles()
    guard let own = files.stat(of: getpid()) else {
      throw SystemError("read", "/proc/self/stat", code: ENOENT)
    }
    let arguments = [
      "q-postgres", "guard", "\(own.pid)", "\(own.startTicks)", "\(worker.number)", queue.text,
      String(place, radix: 16), String(incarnation, radix: 16),
    ]
    let first = try Self.spawn(program, arguments, store)
    _ = try WorkerThread.start(name: "q-guard", detached: true) { [stop] in
      var guardian = first
      while true {
        var status: Int32 = 0
        while waitpid(guardian, &status, 0) < 0, errno == EINTR {}
        while true {
          if stop.wait(nanoseconds: Self.pause) { return }
          guard let next = try? Self.spawn(program, arguments, store) else { continue }
          guardian = next
          break
        }
      }
    }
  }

  /// The worker signs off: its guard ends by itself, and no other is wanted.
  func end() { stop.raise() }

  /// POSIX_SPAWN_SETSID, which glibc shows to few.
  private static let newSession: Int32 = 0x80

  /// In a session of its own, with nothing of the worker's open: whoever ends a group, or waits for the end of a
  /// pipe, does not meet it.
  private static func spawn(
    _ program: String, _ arguments: [String], _ store: String
  ) throws(SystemError) -> pid_t {
    var (attributes, actions) = (posix_spawnattr_t(), posix_spawn_file_actions_t())
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    posix_spawnattr_setflags(&attributes, Int16(Self.newSession | POSIX_SPAWN_SETSIGMASK))
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let argv = arguments.map { strdup($0) } + [nil]
    let inherited = Self.environment.filter { !$0.hasPrefix("Q_STORE=") }
    let environment = (inherited + ["Q_STORE=\(store)"]).map { strdup($0) } + [nil]
    defer { for text in argv + environment { free(text) } }
    var pid = pid_t()
    let error = posix_spawn(&pid, program, &actions, &attributes, argv, environment)
    guard error == 0 else { throw SystemError("start", program, code: error) }
    return pid
  }

  private static var environment: [String] {
    var texts: [String] = []
    var place = environ
    while let text = place.pointee {
      texts.append(String(cString: text))
      place += 1
    }
    return texts
  }
}
