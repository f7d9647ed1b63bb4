import Glibc
import Synchronization

/// The way out for what handlers wrote: whole, one handler at a time, with the progress line out of
/// the way.
///
/// Only a slot ever waits here, and no longer than until the run is stopped. The ledger's messages
/// wait for whoever writes to be done, and its progress line is left out meanwhile.
package final class OutputGate: Sendable {
  private static let maximumWaiting = 100
  /// The progress line that is shown.
  private let progress = Mutex("")
  /// Messages that could not be written when they came.
  private let waiting = Mutex<[String]>([])

  package init() {}

  /// Lets `write` write to the standard streams, alone. What it throws comes back.
  func whileAlone(_ write: () throws(SystemError) -> Void) throws(SystemError) {
    var failure: SystemError?
    progress.withLock { progress in
      Self.erase(progress)
      do throws(SystemError) { try write() } catch { failure = error }
      flush()
      Self.write(progress)
    }
    if let failure { throw failure }
  }

  /// Writes a message of the worker's own, a line; later if somebody writes now or nobody reads.
  package func say(_ message: String) {
    waiting.withLock { if $0.count < Self.maximumWaiting { $0.append(message) } }
    _ = progress.withLockIfAvailable { progress in
      Self.erase(progress)
      flush()
      Self.write(progress)
    }
  }

  /// Shows a line that stays last; an empty one shows none. Left out while somebody writes.
  package func show(progress line: String) {
    _ = progress.withLockIfAvailable { progress in
      guard line != progress else { return }
      Self.write(
        progress.isEmpty ? line : line.isEmpty ? "\r\u{1b}[K" : "\r\(line)\u{1b}[K")
      progress = line
    }
  }

  private func flush() {
    guard Self.isReady(STDERR_FILENO) else { return }
    let messages = waiting.withLock { messages in
      defer { messages = [] }
      return messages
    }
    Self.write(messages.map { $0 + "\n" }.joined())
  }

  private static func erase(_ progress: String) {
    if !progress.isEmpty { write("\r\u{1b}[K") }
  }

  private static func write(_ text: String) {
    guard !text.isEmpty, isReady(STDERR_FILENO) else { return }
    var text = text
    text.withUTF8 { try? writeFully(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  }

  private static func isReady(_ descriptor: Int32) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&wait, 1, 0) > 0
  }
}
