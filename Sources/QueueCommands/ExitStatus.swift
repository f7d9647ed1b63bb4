import QueueCore

/// The exit statuses of the commands: those of `sysexits.h` and of `timeout`, `env` and shells.
enum ExitStatus: Int32 {
  case success = 0
  /// Ended, but an item failed for good, or `--halt` fired.
  case someFailed = 1
  case usage = 64
  /// Bad input (the good lines are in), or an unsound store.
  case badData = 65
  /// No such store, queue, id or file.
  case noInput = 66
  /// A store that cannot be used.
  case unavailable = 69
  case software = 70
  case cannotCreate = 73
  case inputOutput = 74
  /// Paused, held, or nothing now: trying again later may help.
  case temporary = 75
  /// A stale token.
  case stale = 76
  case permission = 77
  case formatVersion = 78
  /// A wait ran out.
  case timedOut = 124
  case handlerCannotRun = 126
  case handlerNotFound = 127
}

/// Why a command gives up: what failed, on what, what to do; and the status to exit with.
struct CommandError: Error {
  var status: ExitStatus
  var message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  init(_ error: StoreError) {
    message = error.message
    if error.code == .commitUnknown { message += "; it may be done or not: run it again" }
    switch error.code {
    case .noStore, .noQueue: status = .noInput
    case .cannotCreate: status = .cannotCreate
    case .unusable: status = .unavailable
    case .unsound: status = .badData
    case .formatVersion: status = .formatVersion
    case .permission: status = .permission
    case .untrusted:
      status = .permission
      message +=
        "; if you trust that user: --trust, or the directory in $Q_TRUST; a store that is made with "
        + "--mode 2770 is shared by its group"
    case .busy: status = .temporary
    case .inputOutput, .commitUnknown: status = .inputOutput
    case .notRegistered, .limit: status = .software
    }
  }
}
