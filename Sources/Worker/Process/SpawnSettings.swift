import CProcess
import Glibc
import System

/// What a handler gets back that the worker changed for itself: signals and descriptor limit.
///
/// Taken first thing in the process, on the main thread, before any handler is installed: other
/// threads block signals, and a handler would inherit that.
package struct SpawnSettings: Sendable {
  var reset = SignalSet()
  var ignore = SignalSet()
  var mask = sigset_t()
  var softLimit: UInt64
  var hardLimit: UInt64
  var session: Int32

  /// Remembers what this process inherited. SIGCHLD goes back to default here: with an inherited
  /// ignore no exit status could be had.
  ///
  /// SIGPIPE is always default in a handler. A signal that was ignored when the worker started
  /// (nohup, `&` in a script) is ignored in the handler, whatever the worker does with it.
  /// - Parameter handled: the signals that the worker handles or ignores.
  package static func capture(handled: [Int32]) -> SpawnSettings {
    var settings = SpawnSettings(softLimit: 0, hardLimit: 0, session: getsid(0))
    pthread_sigmask(SIG_SETMASK, nil, &settings.mask)
    signal(SIGCHLD, SIG_DFL)
    settings.reset.insert(SIGPIPE)
    for number in handled where number != SIGPIPE && number != SIGCHLD {
      var action = sigaction()
      sigaction(number, nil, &action)
      if isIgnored(action) {
        settings.ignore.insert(number)
      } else {
        settings.reset.insert(number)
      }
    }
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    settings.softLimit = UInt64(limit.rlim_cur)
    settings.hardLimit = UInt64(limit.rlim_max)
    return settings
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SIG_IGN is the address 1, which no function pointer type of Swift's compares with.
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self) == 1
  }
}
