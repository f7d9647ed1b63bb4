import Glibc
import QueueCore
import System

/// The way out for what handlers wrote: whole, one handler at a time, with the progress line out of
/// the way; and for the worker's own messages, which a thread of their own writes.
///
/// Slots wait here, and the messages' thread, until the run is stopped; the ledger never does, however
/// long nobody reads.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
package final class OutputGate: @unchecked Sendable {
  private static let maximumWaiting = 100
  private static let maximumWaitingBytes = 256 * 1024

  /// The progress line that is shown. Whoever has it may write to the standard streams.
  private let shown = Locked("")
  private let stop = StopFlag()
  private let monitor = Monitor()
  private var messages: [String] = []
  private var bytes = 0
  /// Messages that found no room.
  private var leftOut = 0
  private var progress = ""
  private var hasNews = false
  private var isClosed = false
  private var thread: WorkerThread?

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
    monitor.locked {
      guard messages.count < Self.maximumWaiting,
        bytes + message.utf8.count <= Self.maximumWaitingBytes
      else {
        leftOut += 1
        return
      }
      messages.append(message)
      bytes += message.utf8.count
      hasNews = true
      monitor.wakeOne()
    }
  }

  /// Takes a line that stays last; an empty one shows none.
  package func show(progress line: String) {
    monitor.locked {
      guard progress != line else { return }
      progress = line
      hasNews = true
      monitor.wakeOne()
    }
  }

  /// Starts to write what it is told.
  func start() throws(SystemError) {
    thread = try WorkerThread.start(name: "q-messages") { [self] in
      while let news = next() { write(news.lines, progress: news.progress) }
    }
  }

  /// Waits no longer for whoever does not read.
  func giveUp() { stop.raise() }

  /// Writes what is left, and takes no more.
  package func finish() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
    thread?.join()
    thread = nil
  }

  private func next() -> (lines: [String], progress: String)? {
    monitor.locked {
      while !hasNews {
        if isClosed { return nil }
        monitor.wait()
      }
      hasNews = false
      defer { (messages, bytes, leftOut) = ([], 0, 0) }
      let omitted =
        leftOut == 0
        ? [] : ["q-work: \(leftOut) messages left out: nobody read standard error"]
      return (messages + omitted, progress)
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
