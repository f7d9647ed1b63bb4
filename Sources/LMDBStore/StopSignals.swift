#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Blocks the signals that stop a process: stopped inside a transaction it would stop every writer.
struct StopSignals {
  private var before = sigset_t()

  init() {
    var stops = sigset_t()
    sigemptyset(&stops)
    for signal in [SIGTSTP, SIGTTIN, SIGTTOU] { sigaddset(&stops, signal) }
    pthread_sigmask(SIG_BLOCK, &stops, &before)
  }

  func restore() {
    var before = before
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
