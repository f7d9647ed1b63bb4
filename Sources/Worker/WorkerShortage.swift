import Glibc
import QueueCore
import System

extension StoreError {
  /// A worker lacks something of the system's: a thread, a descriptor, memory.
  static func cannotStart(_ error: SystemError) -> StoreError {
    let isShortage = [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(error.code)
    return StoreError(
      .inputOutput,
      "cannot start a worker: \(error)"
        + (isShortage ? ": use fewer --workers, see ulimit -u and ulimit -n" : ""))
  }
}
