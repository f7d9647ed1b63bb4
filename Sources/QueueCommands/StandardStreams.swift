import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

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
    var start = 0
    while start < buffer.count {
      let count = buffer.withUnsafeBytes {
        systemWrite(STDOUT_FILENO, $0.baseAddress.map { $0 + start }, $0.count - start)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw CommandError(.inputOutput, "cannot write to standard output: \(systemMessage())")
      }
      start += count
    }
  }
}

/// The words for the last failed system call.
func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Writes a message to standard error, in one piece. Whatever it quotes commands no terminal.
func say(_ text: String) {
  say(raw: Array((VisibleText.message(text, isLine: false) + "\n").utf8))
}

/// Writes bytes to standard error as they are; what cannot be written is lost.
func say(raw bytes: [UInt8]) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let put = rest.withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
    if put < 0 && errno == EINTR { continue }
    guard put > 0 else { return }
    rest = rest.dropFirst(put)
  }
}

/// `write`, for types that have a `write` of their own.
func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

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
