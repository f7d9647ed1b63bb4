import CProcess
import Glibc

/// Wakes a thread that is in poll(): put ``descriptor`` among those it waits for.
///
/// Sendable: two descriptors that never change; the kernel guards the pipe.
package final class WakePipe: Sendable {
  /// Readable from a ``wake()`` until ``drain()``.
  package let descriptor: Int32
  private let writeEnd: Int32

  package init() throws(SystemError) {
    var ends: (Int32, Int32) = (-1, -1)
    let answer = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { qp_wake_pipe($0) }
    }
    _ = try SystemError.check(answer, "pipe")
    (descriptor, writeEnd) = ends
  }

  deinit {
    close(descriptor)
    close(writeEnd)
  }

  /// Async-signal-safe. A full pipe is as good as one more byte.
  package func wake() {
    var byte: UInt8 = 1
    while write(writeEnd, &byte, 1) < 0, errno == EINTR {}
  }

  package func drain() {
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
      while true {
        let got = read(descriptor, buffer.baseAddress, buffer.count)
        if got == 0 || (got < 0 && errno != EINTR) { return }
      }
    }
  }
}
