import Glibc
import Synchronization

/// The way out for what handlers wrote: whole, one handler at a time, with the progress line out of
/// the way.
package final class OutputGate: Sendable {
  private struct State {
    var progress = ""
  }

  private let state = Mutex(State())

  package init() {}

  /// Writes a handler's output and errors. Throws when standard output takes no more; a standard
  /// error that is closed loses its part, and nothing else.
  func emit(_ output: Spool, _ error: Spool) throws(SystemError) {
    guard output.count > 0 || error.count > 0 else { return }
    var failure: SystemError?
    state.withLock { state in
      Self.erase(state.progress)
      do throws(SystemError) {
        if error.count > 0 { try? error.writeAll(to: STDERR_FILENO) }
        try output.writeAll(to: STDOUT_FILENO)
      } catch {
        failure = error
      }
      Self.write(state.progress)
    }
    if let failure { throw failure }
  }

  /// Writes a message of the worker's own, a line.
  package func say(_ message: String) {
    state.withLock { state in
      Self.erase(state.progress)
      Self.write(message + "\n")
      Self.write(state.progress)
    }
  }

  /// Shows a line that stays last; an empty one shows none.
  package func show(progress: String) {
    state.withLock { state in
      guard progress != state.progress else { return }
      Self.write(
        state.progress.isEmpty
          ? progress : progress.isEmpty ? "\r\u{1b}[K" : "\r\(progress)\u{1b}[K")
      state.progress = progress
    }
  }

  private static func erase(_ progress: String) {
    if !progress.isEmpty { write("\r\u{1b}[K") }
  }

  private static func write(_ text: String) {
    guard !text.isEmpty else { return }
    var text = text
    text.withUTF8 { try? writeFully(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }
}
