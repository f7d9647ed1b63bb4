import Glibc
import Testing

@testable import System

@Suite struct FileDescriptorTests {
  @Test func `a descriptor is close-on-exec, and closed when it is dropped`() throws {
    var number: Int32 = -1
    do {
      let file = try FileDescriptor(opening: "/dev/null", O_RDWR)
      number = file.number
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
    #expect(try FileDescriptor(opening: "/dev/null", O_RDONLY).number == number)
  }

  @Test func `an error names the call, the file and the reason`() {
    do throws(SystemError) {
      _ = try FileDescriptor(opening: "/nowhere", O_RDONLY)
      Issue.record("it was opened")
    } catch {
      #expect(error == SystemError("open", "/nowhere", code: ENOENT))
      #expect("\(error)" == "open: /nowhere: No such file or directory")
    }
    do throws(SystemError) {
      let isThere = try FileDescriptor.reading("/nowhere") != nil
      #expect(!isThere)
    } catch { Issue.record(error) }
  }

  @Test func `a full device is an error with its errno`() throws {
    let full = try FileDescriptor(opening: "/dev/full", O_WRONLY)
    #expect(throws: SystemError("write", "/dev/full", code: ENOSPC)) {
      try writeFully([1], to: full.number, "/dev/full")
    }
  }

  @Test func `a raised stop ends a write that nobody reads`() throws {
    let pipe = try Pipe()
    let stop = StopFlag()
    stop.raise()
    #expect(throws: SystemError("write", "descriptor \(pipe.write)", code: ECANCELED)) {
      try writeFully([UInt8](repeating: 0, count: 1 << 20), to: pipe.write, stop: stop)
    }
  }

  @Test func `what is read ends where the file ends`() throws {
    let path = try temporaryFile("0123456789")
    defer { unlink(path) }
    let file = try FileDescriptor(opening: path, O_RDONLY)
    #expect(try readFully(4, from: file.number, at: 3) == Array("3456".utf8))
    #expect(try readFully(100, from: file.number, at: 8) == Array("89".utf8))
    #expect(try readFully(1, from: file.number, at: 10).isEmpty)
  }
}

let ownNumber = getpid()

/// A path at which nothing is.
func temporaryPath() -> String {
  let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  return "\(place)/q-system-tests.\(ownNumber).\(UInt64.random(in: 0 ... .max))"
}

/// A new file with this text, to be removed by who asks for it.
func temporaryFile(_ text: String = "") throws -> String {
  let path = temporaryPath()
  let file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
  try writeFully(Array(text.utf8), to: file.number, path)
  return path
}
