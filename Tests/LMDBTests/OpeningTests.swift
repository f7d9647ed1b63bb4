import Glibc
import LMDB
import Testing

struct OpeningTests {
  let directory = TestDirectory()

  /// What opening the directory as it is fails with.
  func refusal(create: Bool = false) -> LMDBError.Code? {
    code { () throws(LMDBError) in
      _ = try Environment(
        directory: directory.path, options: .init(create: create, mapSize: 1 << 30))
    }
  }

  @Test func `a missing data file is an error unless it is to be created`() throws {
    #expect(refusal() == .noSuchFile)
    #expect(directory.size == -1)
    #expect(refusal(create: true) == nil)
    #expect(refusal() == nil)
    #expect(
      code { () throws(LMDBError) in
        _ = try Environment(directory: directory.path + "/none", options: .init(create: true))
      } == .noSuchFile)
  }

  @Test func `an empty or short data file is not written over`() throws {
    for size in [0, 1, 4096, 8191] {
      directory.writeDataFile([UInt8](repeating: 0, count: size))
      #expect(refusal(create: true) == .truncated)
      #expect(directory.size == size)
    }
  }

  @Test func `a foreign file is refused and left alone`() throws {
    directory.writeDataFile([UInt8](repeating: 65, count: 20_000))
    #expect(refusal(create: true) == .invalid)
    #expect(directory.size == 20_000)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a data file that is a directory or a pipe is refused`() throws {
    mkdir(directory.dataFile, 0o700)
    #expect(refusal(create: true) == .invalid)
    rmdir(directory.dataFile)
    mkfifo(directory.dataFile, 0o600)
    #expect(refusal(create: true) == .invalid)
  }

  @Test func `one process opens a directory once, whatever it is called`() throws {
    let link = directory.path + ".link"
    symlink(directory.path, link)
    defer { unlink(link) }
    var environment = try directory.create()
    #expect(refusal() == .alreadyOpen)
    #expect(
      code { () throws(LMDBError) in _ = try Environment(directory: link) } == .alreadyOpen)
    environment.close()
    environment = try Environment(directory: link)
    #expect(refusal() == .alreadyOpen)
    environment.close()
    #expect(refusal() == nil)
  }

  @Test func `a dropped environment can be opened again`() throws {
    do { _ = try directory.create() }
    #expect(refusal() == nil)
    #expect(refusal() == nil)
  }

  @Test func `a refused opening leaves the directory free`() throws {
    #expect(refusal() == .noSuchFile)
    directory.writeDataFile([UInt8](repeating: 65, count: 20_000))
    #expect(refusal() == .invalid)
    unlink(directory.dataFile)
    #expect(refusal(create: true) == nil)
  }

  @Test func `a closed environment says so`() throws {
    let environment = try directory.create()
    environment.close()
    environment.close()
    #expect(code { () throws(LMDBError) in _ = try environment.beginRead() } == .closed)
    #expect(code { () throws(LMDBError) in _ = try environment.beginWrite() } == .closed)
    #expect(code { () throws(LMDBError) in _ = try environment.information } == .closed)
  }

  @Test func `an environment dropped under a transaction closes after it`() throws {
    let environment = try directory.create()
    let transaction = try environment.beginRead()
    _ = consume environment
    #expect(refusal() == .alreadyOpen)
    _ = consume transaction
    #expect(refusal() == nil)
  }

  @Test func `no descriptor of the environment survives an exec`() throws {
    let environment = try directory.create()
    let flags = (0..<256).compactMap { descriptor -> Int32? in
      var buffer = [CChar](repeating: 0, count: 512)
      let length = readlink("/proc/self/fd/\(descriptor)", &buffer, 511)
      guard length > 0 else { return nil }
      let path = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
      return path.hasPrefix(directory.path) ? fcntl(Int32(descriptor), F_GETFD) : nil
    }
    #expect(flags.count >= 3)
    #expect(flags.allSatisfy { $0 & FD_CLOEXEC != 0 })
    environment.close()
  }

  @Test func `a copy holds the same entries in as many pages`() throws {
    let copy = TestDirectory()
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try environment.store([UInt8](repeating: 1, count: 1 << 20), for: [1], in: database)
    try environment.store([2], for: [1], in: database)
    let file = open(copy.path + "/data.mdb", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    try environment.copy(to: file)
    #expect(copy.size == directory.size)
    let copied = try Environment(directory: copy.path)
    let copiedDatabase = try #require(try copied.openDatabase(named: "test"))
    let read = try copied.beginRead()
    #expect(try read.bytes(for: [1], in: copiedDatabase) == [2])
  }
}
