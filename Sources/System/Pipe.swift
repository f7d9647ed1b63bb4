import CProcess
import Glibc

/// A pipe; both ends are close-on-exec, and close when it is dropped.
package struct Pipe: ~Copyable, Sendable {
  package let read: Int32
  package let write: Int32

  /// - Parameters:
  ///   - blocksReaders: whether a read waits while the pipe is empty.
  ///   - blocksWriters: whether a write waits while the pipe is full.
  package init(blocksReaders: Bool = false, blocksWriters: Bool = true) throws(SystemError) {
    var ends: (Int32, Int32) = (-1, -1)
    let answer = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) {
        qp_pipe($0, blocksReaders ? 0 : 1, blocksWriters ? 0 : 1)
      }
    }
    try SystemError.check(answer, "pipe")
    (read, write) = ends
  }

  /// The reading end, alone; the other one is closed.
  package consuming func reader() -> FileDescriptor {
    let (read, write) = (read, write)
    discard self
    close(write)
    return FileDescriptor(owning: read)
  }

  /// The writing end, alone; the other one is closed.
  package consuming func writer() -> FileDescriptor {
    let (read, write) = (read, write)
    discard self
    close(read)
    return FileDescriptor(owning: write)
  }

  deinit {
    close(read)
    close(write)
  }
}

/// Wakes a thread that is in poll(): put ``descriptor`` among those it waits for.
package final class WakePipe: Sendable {
  private let pipe: Pipe

  package init() throws(SystemError) { pipe = try Pipe(blocksWriters: false) }

  /// Readable from a ``wake()`` until ``drain()``.
  package var descriptor: Int32 { pipe.read }

  /// Async-signal-safe. A full pipe is as good as one more byte.
  package func wake() {
    var byte: UInt8 = 1
    _ = uninterrupted { write(pipe.write, &byte, 1) }
  }

  package func drain() {
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
      while uninterrupted({ read(pipe.read, buffer.baseAddress, buffer.count) }) > 0 {}
    }
  }
}
