import Glibc
import QueueCore
import System

/// Standard output for data: buffered, and every failure is an error (74), which `print` ignores.
struct DataOutput: ~Copyable {
  private var buffer: [UInt8] = []
  private static let limit = 64 << 10

  /// Whether a person looks at it: then control characters are escaped.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  mutating func write(_ bytes: some Sequence<UInt8>) throws(CommandError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.limit { try flush() }
  }

  mutating func write(_ text: String) throws(CommandError) { try write(text.utf8) }

  mutating func flush() throws(CommandError) {
    defer { buffer.removeAll(keepingCapacity: true) }
    // So much a pipe takes for sure.
    if buffer.count > Int(PIPE_BUF) || !isWritable(STDOUT_FILENO) { LongWait.begin() }
    do throws(SystemError) {
      try writeFully(buffer, to: STDOUT_FILENO)
    } catch {
      throw CommandError(.inputOutput, "cannot write to standard output: \(error.reason)")
    }
  }
}

/// The command is about to wait for whoever reads its output or writes its input, for as long as those like.
enum LongWait {
  /// What is to be done before the first one; nothing as long as there is no store.
  nonisolated(unsafe) static var begins: (() -> Void)?

  static func begin() {
    begins?()
    begins = nil
  }
}

/// Writes a message to standard error, in one piece. Whatever it quotes commands no terminal.
func say(_ text: String) {
  say(raw: Array((VisibleText.message(text, isLine: false) + "\n").utf8))
}

/// Writes bytes to standard error as they are; what cannot be written is lost.
func say(raw bytes: [UInt8]) { try? writeFully(bytes, to: STDERR_FILENO) }

/// Puts something on descriptors 0, 1 and 2 where they are closed: the next file opened would be
/// taken for a standard stream, and what is printed would be written into the store. Reading or
/// writing data there still fails; messages vanish.
func keepStandardDescriptors() {
  for (descriptor, mode) in [
    (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDWR),
  ] where fcntl(descriptor, F_GETFD) < 0 {
    _ = open("/dev/null", mode)
  }
}
