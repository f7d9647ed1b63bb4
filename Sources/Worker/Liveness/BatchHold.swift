import Glibc
package import QueueCore
import System

/// Shows that a process fills a batch, for as long as it lives and does: a shared lock on a byte of the
/// store's `locks`, far behind those of workers and runs. Several may hold it; the kernel lets go of it when
/// one is killed.
package final class BatchHold {
  /// Where the bytes of batches begin.
  private static let base: Int64 = 1 << 62

  private let file: FileDescriptor
  private let number: UInt32

  /// Holds the byte of a batch.
  package init(of number: UInt32, locks path: String) throws(StoreError) {
    do throws(SystemError) {
      file = try FileDescriptor(opening: path, O_RDWR)
      try file.lock(byte: Self.base + Int64(number), shared: true, path)
      self.number = number
    } catch {
      let code: StoreError.Code = [EACCES, EPERM].contains(error.code) ? .permission : .inputOutput
      throw StoreError(code, "cannot fill a batch: \(error)")
    }
  }

  /// Lets go of it. Whether others hold it: in a transaction, so that of several that end at once the last
  /// one sees that it is.
  package func isLastToLetGo(of number: UInt32) -> Bool {
    file.unlock(byte: Self.base + Int64(self.number))
    return !Self.isHeld(number, file)
  }

  /// Whether somebody fills a batch.
  package static func isHeld(_ number: UInt32, locks path: String) -> Bool {
    guard let file = try? FileDescriptor(opening: path, O_RDWR) else { return true }
    return isHeld(number, file)
  }

  private static func isHeld(_ number: UInt32, _ file: borrowing FileDescriptor) -> Bool {
    (try? file.isLocked(byte: base + Int64(number))) ?? true
  }
}
