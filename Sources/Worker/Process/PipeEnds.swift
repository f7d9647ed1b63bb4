import CProcess
import Glibc

/// The pipe that one of a handler's streams goes through; both ends close when it is dropped.
///
/// The worker keeps the writing end open too: a handler's exit then wakes its slot once, through
/// the pidfd, and not three times, once for each end of file.
struct PipeEnds: ~Copyable {
  /// Nonblocking.
  let read: Int32
  let write: Int32

  init() throws(SpawnFailure) {
    var ends: (Int32, Int32) = (-1, -1)
    let answer = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { qp_pipe($0) }
    }
    if answer < 0 { throw SpawnFailure(stage: .preparation, code: -answer) }
    (read, write) = ends
  }

  deinit {
    close(read)
    close(write)
  }
}
