import Glibc
import QueueCore
import System

/// The way out for what handlers wrote: whole, one handler at a time, with the progress line out of
/// the way; and for the worker's own messages, which a thread of their own writes.
///
/// Slots wait here, and the messages' thread, until the run is stopped; the ledger never does, however
/// long nobody reads.
package final class OutputGate: Sendable {
  private static let maximumWaiting = 100
  private static let maximumWaitingBytes = 256 * 1024

  /// The progress line that is shown. Whoever has it may write to the standard streams.
  private let shown = Locked("")
  private let stop = StopFlag()
  private let news = Locked(News())
  private let thread = Locked<WorkerThread?>(nil)

  /// What its thread is to write.
  private struct News {
    var messages: [String] = []
    var bytes = 0
    /// Messages that found no room.
    var leftOut = 0
    var progress = ""
    var isThere = false
    var isClosed = false
  }

  package init() {}

  /// Lets `write` write to the standard streams, alone. What it throws comes back.
  func whileAlone(_ write: () throws(SystemError) -> Void) throws(SystemError) {
    var failure: SystemError?
    shown.withLock { shown in
      Self.erase(shown)
      do throws(SystemError) { try write() } catch { failure = error }
      if !shown.isEmpty, isWritable(STDERR_FILENO) { try? Self.write(shown, stop) }
    }
    if let failure { throw failure }
  }

  /// Takes a message of the worker's own, a line, to be written soon. Where many wait because nobody
  /// reads it is left out, and counted.
  package func say(_ message: String) {
    let message = VisibleText.message(message, isLine: true)
    news.withLock { news in
      guard news.messages.count < Self.maximumWaiting,
        news.bytes + message.utf8.count <= Self.maximumWaitingBytes
      else {
        news.leftOut += 1
        return
      }
      news.messages.append(message)
      news.bytes += message.utf8.count
      news.isThere = true
    }
    news.wakeAll()
  }

  /// Takes a line that stays last; an empty one shows none.
  package func show(progress line: String) {
    news.withLock { news in
      guard news.progress != line else { return }
      news.progress = line
      news.isThere = true
    }
    news.wakeAll()
  }

  /// Starts to write what it is told.
  func start() throws(SystemError) {
    let started = try WorkerThread.start(name: "q-messages") { [self] in
      while let news = next() { write(news.lines, progress: news.progress) }
    }
    thread.withLock { $0 = started }
  }

  /// Waits no longer for whoever does not read.
  func giveUp() { stop.raise() }

  /// Writes what is left, and takes no more.
  package func finish() {
    news.withLock { $0.isClosed = true }
    news.wakeAll()
    thread.withLock { $0.take() }?.join()
  }

  private func next() -> (lines: [String], progress: String)? {
    news.wait { news in
      guard news.isThere else { return news.isClosed ? .done(nil) : .waits(until: nil) }
      let omitted =
        news.leftOut == 0
        ? [] : ["q-work: \(news.leftOut) messages left out: nobody read standard error"]
      defer { (news.messages, news.bytes, news.leftOut, news.isThere) = ([], 0, 0, false) }
      return .done((news.messages + omitted, news.progress))
    }
  }

  private func write(_ lines: [String], progress: String) {
    shown.withLock { shown in
      if !lines.isEmpty {
        Self.erase(shown)
        shown = ""
        try? Self.write(lines.map { $0 + "\n" }.joined(), stop)
      }
      guard progress != shown else { return }
      let line =
        shown.isEmpty ? progress : progress.isEmpty ? "\r\u{1b}[K" : "\r\(progress)\u{1b}[K"
      try? Self.write(line, stop)
      shown = progress
    }
  }

  private static func erase(_ shown: String) {
    if !shown.isEmpty, isWritable(STDERR_FILENO) {
      try? writeFully(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO)
    }
  }

  private static func write(_ text: String, _ stop: StopFlag) throws(SystemError) {
    try writeFully(Array(text.utf8), to: STDERR_FILENO, stop: stop)
  }
}
