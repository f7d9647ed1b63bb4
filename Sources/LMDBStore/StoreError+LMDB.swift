import LMDB
import QueueCore
import System

extension StoreError {
  /// What the layers below threw, as a failure of the store.
  init(_ error: any Error, in path: String = "") {
    switch error {
    case let error as StoreError:
      self = error
      let start = Self.damage
      // Whoever read the record did not know where it lies.
      if !path.isEmpty, message.hasPrefix(start), !message.contains(path) {
        message = "\(start)\(path): \(message.dropFirst(start.count))"
      }
    case let error as LMDBError: self.init(error, in: path)
    case let error as SystemError: self.init(error)
    default: self.init(.inputOutput, "\(error)")
    }
  }

  init(_ error: LMDBError, in path: String = "") {
    let code: Code
    switch error.code {
    // A transaction is bad after it met a damaged page.
    case .corrupted, .pageNotFound, .truncated, .badTransaction: code = .unsound
    case .invalid, .versionMismatch, .unsettled, .readOnlyFileSystem, .alreadyOpen, .outOfMemory:
      code = .unusable
    case .permissionDenied: code = .permission
    case .readersFull: code = .busy
    default: code = .inputOutput
    }
    let place = path.isEmpty ? "" : ": \(path)"
    self.init(
      code, "cannot \(error.operation)\(place): \(error.code)\(Self.advice(error.code.rawValue))")
  }
}
