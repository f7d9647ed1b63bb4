import CProcess
import Glibc
import System

/// What waits to come out in order: short outputs in memory, longer ones in an unlinked file whose
/// used parts are freed. Room is made and removed by one thread at a time; what is in it may be
/// filled and read meanwhile.
final class OutputWindow {
  private static let memoryBound = 4_096
  private let directory: String
  private var file: Int32 = -1
  private var end = 0
  /// How many outputs are in the file.
  private var users = 0

  /// One stream of one run.
  enum Place {
    case memory([UInt8])
    /// In this file; a negative number: there is none, for that reason.
    case file(Int32, Range<Int>)
  }

  init(directory: String = Spool.temporaryDirectory) { self.directory = directory }

  deinit { if file >= 0 { close(file) } }

  /// Makes room for a stream; to be filled, then to be removed.
  func reserve(_ spool: Spool) -> Place {
    guard spool.count > Self.memoryBound else { return .memory(spool.bytes) }
    if file < 0 { file = qp_temporary_file(directory) }
    defer { end += spool.count }
    users += 1
    return .file(file, end..<end + spool.count)
  }

  /// Puts the stream into its room.
  func fill(_ place: Place, _ spool: Spool) throws(SystemError) {
    guard case .file(let file, let range) = place else { return }
    guard file >= 0 else { throw SystemError("open", directory, code: -file) }
    var at = range.lowerBound
    try spool.forEachPart { (part) throws(SystemError) in
      try writeFully(part, to: file, at: at, directory)
      at += part.count
    }
  }

  /// Hands a stream's bytes on.
  func forEachPart(
    _ place: Place, _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(SystemError) {
    switch place {
    case .memory(let bytes):
      try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try body(UnsafeRawBufferPointer(bytes))
      }
    case .file(let file, let range):
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
      defer { buffer.deallocate() }
      var at = range.lowerBound
      while at < range.upperBound {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, range.upperBound - at)])
        guard try readFully(into: part, from: file, at: at, directory) == part.count else {
          throw SystemError("read", directory, code: EIO)
        }
        try body(UnsafeRawBufferPointer(part))
        at += part.count
      }
    }
  }

  /// Frees a stream's room.
  func remove(_ place: Place) {
    guard case .file(_, let range) = place else { return }
    users -= 1
    guard file >= 0 else { return }
    if users == 0 {
      ftruncate(file, 0)
      end = 0
    } else {
      qp_punch_hole(file, Int64(range.lowerBound), Int64(range.count))
    }
  }
}
