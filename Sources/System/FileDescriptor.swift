import Glibc

/// An open file of this process's own, closed when this is dropped. Every one is close-on-exec.
package struct FileDescriptor: ~Copyable, Sendable {
  package let number: Int32

  /// Takes an open descriptor over.
  package init(owning number: Int32) { self.number = number }

  /// Opens a file; `flags` and `mode` are those of `open`.
  /// - Parameters:
  ///   - directory: the descriptor that a relative path starts from; nil: the working directory.
  ///   - subject: what the error names; nil: the path.
  ///   - call: what the error says was tried.
  package init(
    opening path: String, _ flags: Int32, mode: UInt32 = 0, in directory: Int32? = nil,
    _ subject: String? = nil, call: String = "open"
  ) throws(SystemError) {
    let opened = openat(directory ?? AT_FDCWD, path, flags | O_CLOEXEC, mode)
    if opened < 0 { throw SystemError(call, subject ?? path) }
    number = opened
  }

  /// Opens a file to read it; nil where there is none.
  package static func reading(
    _ path: String, _ flags: Int32 = 0, call: String = "open"
  ) throws(SystemError) -> FileDescriptor? {
    do throws(SystemError) {
      return try FileDescriptor(opening: path, O_RDONLY | flags, call: call)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  deinit { close(number) }

  /// Leaves it open for the caller, whose it is now.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  package func status(_ subject: String, call: String = "fstat") throws(SystemError) -> FileStatus {
    try FileStatus(of: number, subject, call: call)
  }
}

/// Calls until it is not interrupted by a signal (EINTR); -1 leaves the reason in `errno`.
package func uninterrupted(_ call: () -> Int) -> Int {
  while true {
    let answer = call()
    if answer >= 0 || errno != EINTR { return answer }
  }
}

/// Writes all of `bytes`: partial writes, EINTR and a nonblocking descriptor included.
///
/// With a `stop` it never blocks for long: it looks whether the descriptor takes something before
/// each write, of no more than a pipe that is ready takes for sure. Throws ECANCELED once `stop` is
/// raised and the descriptor takes nothing.
/// - Parameter subject: what the error names; nil: the descriptor's number.
package func writeFully(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ subject: String? = nil,
  stop: StopFlag? = nil
) throws(SystemError) {
  func failure(_ code: Int32) -> SystemError {
    SystemError("write", subject ?? "descriptor \(descriptor)", code: code)
  }
  var done = 0
  while done < bytes.count {
    var rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    if let stop {
      while !isWritable(descriptor, within: 100) {
        if stop.isRaised { throw failure(ECANCELED) }
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(PIPE_BUF)))
    }
    let put = uninterrupted { write(descriptor, rest.baseAddress, rest.count) }
    if put > 0 {
      done += put
    } else if put < 0, errno == EAGAIN {
      _ = isWritable(descriptor, within: 100)
    } else {
      throw failure(put == 0 ? ENOSPC : errno)
    }
  }
}

/// The same of an array.
package func writeFully(
  _ bytes: [UInt8], to descriptor: Int32, _ subject: String? = nil,
  stop: StopFlag? = nil
) throws(SystemError) {
  try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
    try writeFully(UnsafeRawBufferPointer(bytes), to: descriptor, subject, stop: stop)
  }
}

/// Writes all of `bytes` at a place of a file.
package func writeFully(
  _ bytes: UnsafeRawBufferPointer, to file: Int32, at place: Int, _ subject: String = ""
) throws(SystemError) {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    let put = uninterrupted { pwrite(file, rest.baseAddress, rest.count, off_t(place + done)) }
    guard put > 0 else { throw SystemError("write", subject, code: put == 0 ? ENOSPC : errno) }
    done += put
  }
}

/// Fills `buffer` from a place of a file; gives back how many bytes there were, fewer only where the
/// file ends.
package func readFully(
  into buffer: UnsafeMutableRawBufferPointer, from file: Int32, at place: Int,
  _ subject: String = ""
) throws(SystemError) -> Int {
  var done = 0
  while done < buffer.count {
    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
    let got = uninterrupted { pread(file, rest.baseAddress, rest.count, off_t(place + done)) }
    if got < 0 { throw SystemError("read", subject) }
    if got == 0 { break }
    done += got
  }
  return done
}

/// Up to `count` bytes from a place of a file; fewer only where it ends.
package func readFully(
  _ count: Int, from file: Int32, at place: Int = 0, _ subject: String = ""
) throws(SystemError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  let got = try bytes.withUnsafeMutableBufferPointer { (bytes) throws(SystemError) in
    try readFully(into: UnsafeMutableRawBufferPointer(bytes), from: file, at: place, subject)
  }
  bytes.removeLast(count - got)
  return bytes
}

/// Whether the descriptor takes something, or will never again, within `milliseconds`.
package func isWritable(_ descriptor: Int32, within milliseconds: Int32 = 0) -> Bool {
  var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  return poll(&wait, 1, milliseconds) > 0
}

/// Reads to the end of a file, a pipe or whatever else can be read; throws EFBIG beyond `limit` bytes.
package func readToEnd(
  of file: Int32, limit: Int, _ subject: String = ""
) throws(SystemError) -> [UInt8] {
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 64 * 1024)
  while true {
    let got = part.withUnsafeMutableBytes { part in
      uninterrupted { Glibc.read(file, part.baseAddress, part.count) }
    }
    if got < 0 { throw SystemError("read", subject) }
    if got == 0 { return bytes }
    bytes += part[..<got]
    if bytes.count > limit { throw SystemError("read", subject, code: EFBIG) }
  }
}
