import CProcess
import Glibc
package import System

/// What a handler wrote: in memory up to a bound, beyond it in an unlinked temporary file.
///
/// A failing write (a full disk) is remembered in ``failure`` and what follows is counted in
/// ``lost``: the handler runs on, and its output is never cut in silence.
package final class Spool {
  package static let defaultBound = 64 * 1024

  /// The bytes that are here: all that were written, without ``lost`` and ``dropped`` ones.
  package var count: Int { fileCount + memoryCount }
  /// How many bytes were handed on, and are not here any more.
  package private(set) var dropped = 0
  /// The last of them, for ``tail(_:)``.
  private var droppedTail: [UInt8] = []
  /// The first write that failed; nil as long as everything is kept.
  package private(set) var failure: SystemError?
  /// Bytes that came after ``failure``.
  package private(set) var lost = 0

  private let memory: UnsafeMutableRawBufferPointer
  private let directory: String
  /// The end of the contents; the file holds what is before.
  private var memoryCount = 0
  private var file: Int32 = -1
  private var fileCount = 0

  /// - Parameters:
  ///   - bound: bytes of memory; its pages are touched only as output comes.
  ///   - directory: for the file; nil: `$TMPDIR`, else `/tmp`.
  package init(bound: Int = Spool.defaultBound, directory: String? = nil) {
    memory = .allocate(byteCount: max(bound, 512), alignment: 16)
    self.directory = directory ?? Spool.temporaryDirectory
  }

  deinit {
    if file >= 0 { close(file) }
    memory.deallocate()
  }

  /// Where files without a name are made: `$TMPDIR`, else `/tmp`.
  static let temporaryDirectory: String = {
    guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/tmp" }
    return String(cString: value)
  }()

  /// Empty again, with the same memory.
  package func reset() {
    if file >= 0 { close(file) }
    (file, fileCount, memoryCount, failure, lost) = (-1, 0, 0, nil, 0)
    (dropped, droppedTail) = (0, [])
  }

  /// What one read gave.
  enum Reading { case bytes(Int), nothingNow, end }

  /// Reads once from `descriptor`, at most `limit` bytes, straight into the memory.
  func read(from descriptor: Int32, limit: Int = .max) -> Reading {
    if memoryCount == memory.count { spill() }
    let room = UnsafeMutableRawBufferPointer(rebasing: memory[memoryCount...])
    let got = uninterrupted {
      Glibc.read(descriptor, room.baseAddress, min(room.count, limit))
    }
    guard got > 0 else { return got < 0 && errno == EAGAIN ? .nothingNow : .end }
    memoryCount += got
    return .bytes(got)
  }

  /// Adds bytes that are not from a descriptor.
  package func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        if memoryCount == memory.count { spill() }
        let part = rest.prefix(memory.count - memoryCount)
        UnsafeMutableRawBufferPointer(rebasing: memory[memoryCount...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
        memoryCount += part.count
        rest = rest.dropFirst(part.count)
      }
    }
  }

  /// Moves the memory to the file.
  private func spill() {
    defer { memoryCount = 0 }
    if failure != nil {
      lost += memoryCount
      return
    }
    if file < 0 {
      file = qp_temporary_file(directory)
      if file < 0 { return lose(SystemError("open", directory, code: -file)) }
    }
    var done = 0
    while done < memoryCount {
      let part = UnsafeRawBufferPointer(rebasing: memory[done..<memoryCount])
      let put = uninterrupted {
        pwrite(file, part.baseAddress, part.count, off_t(fileCount + done))
      }
      guard put > 0 else {
        lose(SystemError("write", directory, code: put == 0 ? ENOSPC : errno), after: done)
        break
      }
      done += put
    }
    fileCount += done
  }

  private func lose(_ error: SystemError, after kept: Int = 0) {
    failure = error
    lost += memoryCount - kept
  }

  /// How many bytes from the first on end with the last line end in the `newest` ones, which have
  /// just been read; nil when there is none among them.
  func lineEnd(inNewest newest: Int) -> Int? {
    let start = memoryCount - newest
    let part = UnsafeRawBufferPointer(rebasing: memory[start..<memoryCount])
    return part.lastIndex(of: UInt8(ascii: "\n")).map { fileCount + start + $0 + 1 }
  }

  /// Forgets the first bytes, all that are in the file at least, but for what ``tail(_:)`` needs.
  func drop(first: Int) {
    precondition(first >= fileCount && first <= count, "a part of the file stays")
    let kept = tail(Self.longestTail + count - first).dropLast(count - first)
    droppedTail = Array(kept)
    let start = first - fileCount
    let rest = UnsafeRawBufferPointer(rebasing: memory[start..<memoryCount])
    memory.copyMemory(from: rest)
    memoryCount -= start
    if file >= 0 { close(file) }
    (file, fileCount) = (-1, 0)
    dropped += first
  }

  /// The longest ``tail(_:)`` that is whole when bytes were dropped.
  package static let longestTail = 4_096

  /// The last bytes, at most `length`.
  package func tail(_ length: Int = Spool.longestTail) -> [UInt8] {
    let here = tailHere(length)
    return droppedTail.isEmpty || here.count >= length
      ? here : droppedTail.suffix(length - here.count) + here
  }

  private func tailHere(_ length: Int) -> [UInt8] {
    let fromMemory = min(length, memoryCount)
    let fromFile = min(length - fromMemory, fileCount)
    // The library would write its count into the empty array, which all threads share.
    guard fromFile + fromMemory > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: fromFile + fromMemory) { bytes, written in
      let whole = UnsafeMutableRawBufferPointer(bytes)
      let got = readFile(
        into: UnsafeMutableRawBufferPointer(rebasing: whole[0..<fromFile]),
        at: fileCount - fromFile)
      UnsafeMutableRawBufferPointer(rebasing: whole[got...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: memory[(memoryCount - fromMemory)..<memoryCount]))
      written = got + fromMemory
    }
  }

  /// Everything, to be used where the size is known to be small.
  package var bytes: [UInt8] { tailHere(count) }

  /// How many bytes could be read; fewer only if the file cannot be read.
  private func readFile(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    (try? readFully(into: buffer, from: file, at: offset, directory)) ?? 0
  }

  /// Hands the bytes from `start` to `end` (nil: the last) to `body`, a part at a time.
  package func forEachPart(
    from start: Int = 0, to end: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(SystemError) {
    let end = end ?? count
    if start < fileCount {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
      defer { buffer.deallocate() }
      var done = start
      while done < min(fileCount, end) {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[0..<min(buffer.count, min(fileCount, end) - done)])
        let got = readFile(into: part, at: done)
        if got < part.count { throw SystemError("read", directory, code: EIO) }
        try body(UnsafeRawBufferPointer(part))
        done += got
      }
    }
    let (first, last) = (max(start - fileCount, 0), max(end - fileCount, 0))
    if first < last { try body(UnsafeRawBufferPointer(rebasing: memory[first..<last])) }
  }

  /// Writes everything to `descriptor`, whatever kind it is, waiting where it would block; ECANCELED
  /// when `stop` is raised meanwhile.
  package func writeAll(to descriptor: Int32, stop: StopFlag? = nil) throws(SystemError) {
    try forEachPart { (part) throws(SystemError) in
      try writeFully(part, to: descriptor, stop: stop)
    }
  }
}
