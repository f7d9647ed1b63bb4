import Glibc
import Testing

@testable import System

@Suite struct ByteLockTests {
  @Test func `a byte is held by one description, whatever process or thread asks`() throws {
    let path = try temporaryFile()
    defer { unlink(path) }
    let mine = try FileDescriptor(opening: path, O_RDWR)
    let other = try FileDescriptor(opening: path, O_RDWR)
    try mine.lock(byte: 1 << 41)
    #expect(try other.isLocked(byte: 1 << 41) && !other.isLocked(byte: 0))
    #expect(try other.isLocked(byte: 0, count: 0) && !mine.isLocked(byte: 0, count: 0))
    #expect(throws: SystemError("lock", "it", code: EAGAIN)) {
      try other.lock(byte: 1 << 41, "it")
    }
    mine.unlock(byte: 1 << 41)
    try other.lock(byte: 1 << 41)
  }

  @Test func `a shared byte is held by many, and by nobody alone`() throws {
    let path = try temporaryFile()
    defer { unlink(path) }
    let mine = try FileDescriptor(opening: path, O_RDWR)
    let other = try FileDescriptor(opening: path, O_RDWR)
    try mine.lock(byte: 0, shared: true)
    try other.lock(byte: 0, shared: true)
    #expect(throws: SystemError.self) { try other.lock(byte: 0) }
  }

  @Test func `a lock ends with its descriptor`() throws {
    let path = try temporaryFile()
    defer { unlink(path) }
    let other = try FileDescriptor(opening: path, O_RDWR)
    do {
      let mine = try FileDescriptor(opening: path, O_RDWR)
      try mine.lock(byte: 7)
      #expect(try other.isLocked(byte: 7))
    }
    #expect(try !other.isLocked(byte: 7))
  }
}
