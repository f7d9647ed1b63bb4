import Glibc
import System

/// Reads records that a separator byte ends, in bounded memory, and knows when the input pauses.
struct LineReader: ~Copyable {
  /// What comes next.
  enum Next {
    /// A record, without its separator; `text` is valid until the next call.
    case line(ArraySlice<UInt8>)
    /// A record over the limit: it was passed over.
    case tooLong
    /// Nothing came for as long as the caller wanted to wait.
    case pause
    /// The end of the input.
    case end
  }

  /// The number of the record that was read last, from 1.
  private(set) var number: UInt64 = 0
  private let descriptor: Int32
  private let name: String
  private let separator: UInt8
  private let limit: Int
  private var buffer: [UInt8] = []
  private var start = 0
  /// Up to where the buffer is known to have no separator.
  private var searched = 0
  private var isSkipping = false
  private var isAtEnd = false

  /// A reader of an open descriptor; `limit` is the longest record in bytes.
  init(_ descriptor: Int32, name: String, separator: UInt8, limit: Int) {
    self.descriptor = descriptor
    self.name = name
    self.separator = separator
    self.limit = limit
  }

  /// The next record. Waits for input until `deadline` (nil: as long as it takes).
  mutating func next(until deadline: ContinuousClock.Instant?) throws(CommandError) -> Next {
    while true {
      if let end = findSeparator() {
        defer {
          start = end + 1
          searched = start
        }
        number += 1
        if isSkipping || end - start > limit {
          isSkipping = false
          return .tooLong
        }
        return .line(buffer[start..<end])
      }
      if isAtEnd { return last() }
      if buffer.count - start > limit {
        isSkipping = true
        start = buffer.count
      }
      guard try fill(until: deadline) else { return .pause }
    }
  }

  private func findSeparatorFrom() -> Int? {
    buffer.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress,
        let found = memchr(base + searched, Int32(separator), bytes.count - searched)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private mutating func findSeparator() -> Int? {
    let found = findSeparatorFrom()
    if found == nil { searched = buffer.count }
    return found
  }

  /// What stands behind the last separator.
  private mutating func last() -> Next {
    let rest = start..<buffer.count
    let wasSkipping = isSkipping
    start = buffer.count
    isSkipping = false
    if wasSkipping || rest.count > limit {
      number += 1
      return .tooLong
    }
    guard !rest.isEmpty else { return .end }
    number += 1
    return .line(buffer[rest])
  }

  private mutating func fill(
    until deadline: ContinuousClock.Instant?
  ) throws(CommandError) -> Bool {
    if !isReadable(until: .now) { LongWait.begin() }
    if let deadline, !isReadable(until: deadline) { return false }
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
      searched = buffer.count
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 256 << 10) { room, filled in
      let count = uninterrupted { read(descriptor, room.baseAddress, room.count) }
      if count < 0 { failure = errno }
      filled = max(count, 0)
    }
    guard failure == 0 else {
      throw CommandError(.inputOutput, "cannot read \(name): \(SystemError.reason(failure))")
    }
    buffer += bytes
    isAtEnd = bytes.isEmpty
    return true
  }

  private func isReadable(until deadline: ContinuousClock.Instant) -> Bool {
    let left = max(.zero, deadline - .now)
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(
      &waiting, 1,
      Int32(left.components.seconds * 1_000)
        + Int32(left.components.attoseconds / 1_000_000_000_000_000)) != 0
  }
}
