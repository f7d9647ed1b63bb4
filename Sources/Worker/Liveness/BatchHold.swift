import Glibc
package import QueueCore
import System

/// Shows that a process fills a batch, for as long as it lives: a lock on a byte of the store's `locks`, far behind
/// those of workers and runs. The kernel lets go of it when the process is killed.
package final class BatchHold {
  /// Where the bytes of fillings begin; each batch has 2^28 of them.
  private static let base: Int64 = 1 << 62

  private let path: String
  private let file: FileDescriptor

  /// Holds nothing yet.
  package init(locks path: String) throws(StoreError) {
    self.path = path
    do throws(SystemError) {
      file = try FileDescriptor(opening: path, O_RDWR)
    } catch {
      throw Self.error(error)
    }
  }

  private static func byte(_ fill: BatchFill) -> Int64 {
    base + Int64(fill.batch) << 28 + Int64(fill.number)
  }

  /// Takes the byte of a filling, until this object goes; false when somebody else has it.
  package func take(_ fill: BatchFill) throws(StoreError) -> Bool {
    do throws(SystemError) {
      try file.lock(byte: Self.byte(fill), path)
      return true
    } catch {
      if error.code == EAGAIN { return false }
      throw Self.error(error)
    }
  }

  /// Whether another process has it, as far as can be seen.
  package func isHeldElsewhere(_ fill: BatchFill) -> Bool {
    (try? file.isLocked(byte: Self.byte(fill), path)) ?? true
  }

  private static func error(_ error: SystemError) -> StoreError {
    let code: StoreError.Code = [EACCES, EPERM].contains(error.code) ? .permission : .inputOutput
    return StoreError(code, "cannot fill a batch: \(error)")
  }
}
