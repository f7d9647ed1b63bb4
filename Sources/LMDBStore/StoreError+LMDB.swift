import LMDB
import QueueCore

extension StoreError {
  /// What the layers below threw, as a failure of the store.
  init(_ error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as LMDBError: self.init(error)
    default: self.init(.inputOutput, "\(error)")
    }
  }

  init(_ error: LMDBError) {
    let code: Code
    switch error.code {
    case .corrupted, .pageNotFound, .truncated: code = .unsound
    case .invalid, .versionMismatch, .unsettled, .readOnlyFileSystem, .alreadyOpen, .outOfMemory:
      code = .unusable
    case .permissionDenied: code = .permission
    case .readersFull: code = .busy
    default: code = .inputOutput
    }
    self.init(code, "cannot \(error)")
  }
}
