package import Glibc

/// Some of the signals there are.
package struct SignalSet: Sendable {
  /// As C has it.
  package private(set) var raw = sigset_t()

  package init(_ signals: some Sequence<Int32> = []) {
    sigemptyset(&raw)
    for signal in signals { insert(signal) }
  }

  package static var all: SignalSet {
    var all = SignalSet()
    sigfillset(&all.raw)
    return all
  }

  /// Those that stop a process: stopped inside a transaction it would stop every writer.
  package static var stops: SignalSet { SignalSet([SIGTSTP, SIGTTIN, SIGTTOU]) }

  package mutating func insert(_ signal: Int32) { sigaddset(&raw, signal) }

  package func contains(_ signal: Int32) -> Bool {
    var set = raw
    return sigismember(&set, signal) == 1
  }

  /// Blocks these signals on this thread, beside those that it blocks already; gives those back.
  @discardableResult
  package func block() -> SignalSet {
    var (set, before) = (raw, self)
    pthread_sigmask(SIG_BLOCK, &set, &before.raw)
    return before
  }

  /// Blocks these signals on this thread, and no others.
  package func restore() {
    var set = raw
    pthread_sigmask(SIG_SETMASK, &set, nil)
  }
}
