import Glibc
import Testing

@testable import System

@Suite struct DirectoryTests {
  @Test func `a directory gets its permissions whatever the umask, once`() throws {
    let path = temporaryPath()
    defer { rmdir(path) }
    try Directory.make(path, mode: 0o2775)
    #expect(try FileStatus(of: path).mode == 0o2775)
    try Directory.make(path, mode: 0o700)
    #expect(try FileStatus(of: path).mode == 0o2775)
    try Directory.sync(path)
  }

  @Test func `a link in the place of a directory is none`() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    symlink("/tmp", path)
    #expect(throws: SystemError("open", path, code: ENOTDIR)) {
      try Directory.make(path, mode: 0o700)
    }
    #expect(try FileStatus(of: path).isDirectory)
    #expect(try FileStatus(of: path, followingLinks: false).isLink)
  }

  @Test func `names are those of entries`() throws {
    let path = temporaryPath()
    try Directory.make(path, mode: 0o700)
    #expect(Directory.names(in: path).isEmpty && Directory.names(in: path + "/no").isEmpty)
    for name in ["a", ".b"] { close(open("\(path)/\(name)", O_CREAT | O_WRONLY, 0o600)) }
    #expect(Directory.names(in: path).sorted() == [".b", "a"])
    for name in Directory.names(in: path) { unlink("\(path)/\(name)") }
    #expect(rmdir(path) == 0)
  }
}
