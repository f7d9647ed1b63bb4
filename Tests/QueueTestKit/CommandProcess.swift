package import Glibc

/// A program that a test runs: its streams are files, so that nothing ever waits for a reader.
///
/// Killed, and reaped, when it goes.
package final class CommandProcess {
  /// How a process ended.
  package enum Exit: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// What a process is given.
  package struct Streams {
    /// Paths. Output and errors are appended to.
    package var input, output, error: String

    package init(
      input: String = "/dev/null", output: String = "/dev/null", error: String = "/dev/null"
    ) {
      (self.input, self.output, self.error) = (input, output, error)
    }
  }

  /// The test runner: this process's own program.
  package static let runner: String = {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
  }()

  /// The directory of the built commands: they lie beside the test runner.
  package static let products = String(
    runner[..<(runner.lastIndex(of: "/") ?? runner.startIndex)])

  package let pid: pid_t
  private var exit: Exit?

  /// Starts `arguments[0]`: a built command's name (`q-work`) or a path. `environment` is added to
  /// the test's own. Signals are as in a fresh shell, whatever the test's thread blocks.
  package init(
    _ arguments: [String], environment: [String: String] = [:], streams: Streams = Streams()
  ) {
    let name = arguments[0]
    var argv = (arguments.map { strdup($0) }) + [nil]
    var envp =
      Self.environment(adding: environment).map { strdup($0) } + [nil]
    defer { for word in argv + envp { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let append = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, streams.input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, streams.output, append, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, streams.error, append, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var usual = sigset_t()
    sigemptyset(&none)
    sigemptyset(&usual)
    for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGTSTP] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var pid: pid_t = 0
    let path = name.contains("/") ? name : Self.products + "/" + name
    let error = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
    precondition(error == 0, "cannot start \(path): \(String(cString: strerror(error)))")
    self.pid = pid
  }

  deinit {
    if exit == nil {
      Glibc.kill(pid, SIGKILL)
      Glibc.kill(pid, SIGCONT)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
    }
  }

  /// Sends a signal, unless the process has been reaped.
  package func send(_ signal: Int32) {
    if exit == nil { Glibc.kill(pid, signal) }
  }

  /// How it ended; nil while it runs.
  package func poll() -> Exit? {
    if let exit { return exit }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    let signal = status & 0x7f
    exit = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    return exit
  }

  /// How it ended; nil when it still runs after `seconds`.
  package func wait(within seconds: Double = 30) -> Exit? {
    _ = becomesTrue(within: seconds) { poll() != nil }
    return exit
  }

  private static func environment(adding more: [String: String]) -> [String] {
    var all: [String] = []
    var next = environ
    while let word = next.pointee {
      let text = String(cString: word)
      let name = String(text.prefix { $0 != "=" })
      // A store that somebody works with is none of a test's business; what a debug build is to
      // leave out is.
      if more[name] == nil && (!name.hasPrefix("Q_") || name == "Q_WITHOUT") { all.append(text) }
      next += 1
    }
    return all + more.map { "\($0)=\($1)" }
  }
}

/// Whether `condition` comes true within `seconds`; looks every two milliseconds.
package func becomesTrue(within seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    if ContinuousClock.now > end { return false }
    usleep(2_000)
  }
  return true
}
