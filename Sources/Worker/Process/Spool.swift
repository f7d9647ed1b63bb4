import CProcess
import Glibc

/// What a handler wrote: in memory up to a bound, beyond it in an unlinked temporary file.
///
/// A failing write (a full disk) is remembered in ``failure`` and what follows is counted in
/// ``lost``: the handler runs on, and its output is never cut in silence.
///
/// @unchecked Sendable: one thread has it at a time; it changes hands through ``BlockingQueue``.
package final class Spool: @unchecked Sendable {
  package static let defaultBound = 64 * 1024

  /// All bytes written, without ``lost`` ones.
  package var count: Int { fileCount + memoryCount }
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

  private static let temporaryDirectory: String = {
    guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/tmp" }
    return String(cString: value)
  }()

  /// Empty again, with the same memory.
  package func reset() {
    if file >= 0 { close(file) }
    (file, fileCount, memoryCount, failure, lost) = (-1, 0, 0, nil, 0)
  }

  /// What one read gave.
  enum Reading { case bytes(Int), nothingNow, end }

  /// Reads once from `descriptor`, at most `limit` bytes, straight into the memory.
  func read(from descriptor: Int32, limit: Int = .max) -> Reading {
    if memoryCount == memory.count { spill() }
    while true {
      let room = UnsafeMutableRawBufferPointer(rebasing: memory[memoryCount...])
      let got = Glibc.read(descriptor, room.baseAddress, min(room.count, limit))
      if got > 0 {
        memoryCount += got
        return .bytes(got)
      }
      if got == 0 { return .end }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .nothingNow : .end
    }
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
      let put = pwrite(file, part.baseAddress, part.count, off_t(fileCount + done))
      if put > 0 {
        done += put
      } else if put == 0 || errno != EINTR {
        lose(SystemError("write", directory, code: put == 0 ? ENOSPC : errno), after: done)
        break
      }
    }
    fileCount += done
  }

  private func lose(_ error: SystemError, after kept: Int = 0) {
    failure = error
    lost += memoryCount - kept
  }

  /// The last bytes, at most `length`.
  package func tail(_ length: Int = 4096) -> [UInt8] {
    let fromMemory = min(length, memoryCount)
    let fromFile = min(length - fromMemory, fileCount)
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
  package var bytes: [UInt8] { tail(count) }

  /// How many bytes could be read; fewer only if the file cannot be read.
  private func readFile(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let got = pread(file, rest.baseAddress, rest.count, off_t(offset + done))
      if got > 0 {
        done += got
      } else if got == 0 || errno != EINTR {
        break
      }
    }
    return done
  }

  /// Writes everything to `descriptor`, whatever kind it is, waiting where it would block; ECANCELED
  /// when `stop` is raised meanwhile.
  package func writeAll(to descriptor: Int32, stop: StopFlag? = nil) throws(SystemError) {
    if fileCount > 0 {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
      defer { buffer.deallocate() }
      var done = 0
      while done < fileCount {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[0..<min(buffer.count, fileCount - done)])
        let got = readFile(into: part, at: done)
        if got < part.count { throw SystemError("read", directory, code: EIO) }
        try writeFully(UnsafeRawBufferPointer(part), to: descriptor, stop: stop)
        done += got
      }
    }
    let rest = UnsafeRawBufferPointer(rebasing: memory[0..<memoryCount])
    try writeFully(rest, to: descriptor, stop: stop)
  }
}
