import Glibc
import QueueCore
import System

/// What a handler wrote that is no answer; its process is of no more use.
struct GarbledAnswer: Error, Equatable {
  /// `protocol: ...`
  let message: String

  init(_ what: String) { message = "protocol: " + what }
}

/// Lines as they come out of a pipe, of at most ``limit`` bytes each.
struct StreamLines {
  /// The longest answer, in bytes, without its end.
  static let limit = 1 << 20
  private static let part = 64 * 1024

  private var buffer = [UInt8](repeating: 0, count: part)
  private var start = 0
  private var end = 0
  /// Up to where there is no end of a line.
  private var searched = 0

  /// What one read gave.
  enum Reading { case bytes(Int), nothingNow, end }

  /// Reads once, at most `limit` bytes.
  mutating func read(from descriptor: Int32, limit: Int = .max) -> Reading {
    if start > 0, end == buffer.count || start == end {
      buffer.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        memmove(base, base + start, end - start)
      }
      (searched, end, start) = (searched - start, end - start, 0)
    }
    if end == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
    let place = end
    let got = buffer.withUnsafeMutableBytes { bytes in
      uninterrupted {
        Glibc.read(
          descriptor, bytes.baseAddress.map { $0 + place }, min(bytes.count - place, limit))
      }
    }
    guard got > 0 else { return got < 0 && errno == EAGAIN ? .nothingNow : .end }
    end += got
    return .bytes(got)
  }

  /// Lends each line that is whole to `body`, without its end.
  mutating func forEach(
    _ body: (UnsafeRawBufferPointer) throws(GarbledAnswer) -> Void
  ) throws(GarbledAnswer) {
    var (start, searched) = (start, searched)
    let end = end
    defer { (self.start, self.searched) = (start, searched) }
    try buffer.withUnsafeBufferPointer { (buffer) throws(GarbledAnswer) in
      let bytes = UnsafeRawBufferPointer(buffer)
      guard let base = bytes.baseAddress else { return }
      while let found = memchr(base + searched, 0x0a, end - searched) {
        let place = UnsafeRawPointer(found) - base
        if place - start > Self.limit { throw Self.tooLong }
        let line = UnsafeRawBufferPointer(rebasing: bytes[start..<place])
        (start, searched) = (place + 1, place + 1)
        try body(line)
      }
      searched = end
      if end - start > Self.limit { throw Self.tooLong }
    }
  }

  private static var tooLong: GarbledAnswer { GarbledAnswer("an answer is over 1 MiB") }
}
