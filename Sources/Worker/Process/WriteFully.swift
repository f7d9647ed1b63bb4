import CProcess
import Glibc

/// Writes all of `bytes`: partial writes, EINTR and a nonblocking descriptor included.
///
/// With a `stop` it never blocks for long: it looks whether the descriptor takes something before
/// each write, of no more than a pipe that is ready takes for sure. Throws ECANCELED once `stop` is
/// raised and the descriptor takes nothing.
func writeFully(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, stop: StopFlag? = nil
) throws(SystemError) {
  var done = 0
  while done < bytes.count {
    var rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    if let stop {
      try awaitRoom(descriptor, stop)
      rest = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(PIPE_BUF)))
    }
    let put = write(descriptor, rest.baseAddress, rest.count)
    if put >= 0 {
      done += put
    } else if errno == EAGAIN {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&wait, 1, 100)
    } else if errno != EINTR {
      throw SystemError("write", "descriptor \(descriptor)", code: errno)
    }
  }
}

/// Writes all of `bytes` at a place of a file.
func writeFully(
  _ bytes: UnsafeRawBufferPointer, to file: Int32, at place: Int
) throws(SystemError) {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    let put = pwrite(file, rest.baseAddress, rest.count, off_t(place + done))
    if put > 0 {
      done += put
    } else if put == 0 || errno != EINTR {
      throw SystemError("write", code: put == 0 ? ENOSPC : errno)
    }
  }
}

private func awaitRoom(_ descriptor: Int32, _ stop: StopFlag) throws(SystemError) {
  var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  while poll(&wait, 1, 100) == 0 {
    if stop.isRaised { throw SystemError("write", "descriptor \(descriptor)", code: ECANCELED) }
  }
}
