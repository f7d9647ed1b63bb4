import QueueCore

/// The exit statuses of the commands: those of `sysexits.h` and of `timeout`, `env` and shells.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case someFailed = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case unavailable = 69
  case software = 70
  case cannotCreate = 73
  case inputOutput = 74
  case temporary = 75
  case staleToken = 76
  case permission = 77
  case formatVersion = 78
  case timedOut = 124
  case handlerCannotRun = 126
  case handlerNotFound = 127

  /// What it means, whatever the command.
  var meaning: String {
    switch self {
    case .success: "fine"
    case .someFailed:
      "q-work or q-wait ended, but an item failed for good, or --halt ended it; q-claim: drained"
    case .usage: "usage"
    case .badData: "bad input, the good lines are in; or a store found unsound"
    case .noInput: "no such store, queue, batch, id or file"
    case .unavailable: "a store that cannot be used; q-work where there is no /proc"
    case .software: "internal: a worker that was taken for dead"
    case .cannotCreate: "the store, or a file of q-work, cannot be made"
    case .inputOutput: "a read or write failed; a full disk; standard output takes no more"
    case .temporary:
      "try again: paused, held, being processed, due much later, beyond a budget, or the store was busy"
    case .staleToken: "a token of q-claim is not current any more"
    case .permission: "no permission for the store, or it is another user's"
    case .formatVersion: "a store of another format version"
    case .timedOut: "q-wait --timeout came first"
    case .handlerCannotRun: "the handler cannot be run"
    case .handlerNotFound: "there is no such handler"
    }
  }

  /// What those mean that every command which uses a store may end with.
  static let ofStores: [ExitStatus: String] = [
    .usage: "usage", .badData: "the store is damaged: see q-check",
    .noInput: "no such store or queue", .unavailable: "a store that cannot be used",
    .inputOutput: "a read or write failed", .temporary: "the store was busy",
    .permission: ExitStatus.permission.meaning, .formatVersion: ExitStatus.formatVersion.meaning,
  ]
}

/// Why a command gives up: what failed, on what, what to do; and the status to exit with.
struct CommandError: Error {
  var status: ExitStatus
  var message: String
  /// Whether the message is said.
  var isSaid = true

  init(_ status: ExitStatus, _ message: String, isSaid: Bool = true) {
    (self.status, self.message, self.isSaid) = (status, message, isSaid)
  }

  init(_ error: StoreError) {
    message = error.message
    if error.code == .commitUnknown { message += "; it may be done or not: run it again" }
    switch error.code {
    case .noStore, .noQueue, .noBatch: status = .noInput
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
