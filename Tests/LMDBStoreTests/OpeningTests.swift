import Glibc
import LMDB
import OrderedStore
import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// What is at the path, and what opening makes of it.
@Suite struct OpeningTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.path("store") }

  private func write(_ text: String, to file: String) {
    let descriptor = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    #expect(pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count)
    close(descriptor)
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func code(_ path: String, create: Bool = false) -> StoreError.Code? {
    do throws(StoreError) { _ = try LMDBStore(path: path, create: create) } catch {
      return error.code
    }
    return nil
  }

  private func makeStore() throws {
    let store = try LMDBStore(path: path, create: true)
    _ = try store.enqueue(
      ItemBatch([ItemID("a")!]), to: .default, priority: 1, until: nil)
  }

  @Test func `a store is made on demand only, and whole`() throws {
    #expect(code(path) == .noStore && !exists(path))
    let store = try LMDBStore(path: path, create: true)
    #expect(store.wasCreated && store.directory.path == path)
    #expect(mode(path) == 0o700 && mode(path + "/env.0") == 0o700)
    let files = [".gitignore", "current", "gate", "guard", "locks", "writer", "env.0/data.mdb"]
    for file in files {
      #expect(mode(path + "/" + file) == 0o600, "\(file)")
    }
    #expect(exists(path + "/wake") && exists(path + "/runs"))
    var text = [UInt8](repeating: 0, count: 9)
    let descriptor = open(path + "/.gitignore", O_RDONLY)
    #expect(read(descriptor, &text, 9) == 2 && text.starts(with: Array("*\n".utf8)))
    close(descriptor)
  }

  @Test func `what was written is there when the store is opened again`() throws {
    try makeStore()
    var store: LMDBStore? = try LMDBStore(path: path, create: true)
    let incarnation = store?.incarnation
    #expect(store?.wasCreated == false)
    #expect(try store?.summary(of: .default)?.counts.pending == 1)
    #expect(code(path) == .unusable, "it is open in this process")
    store = nil
    store = try LMDBStore(path: path)
    #expect(store?.incarnation == incarnation)
    #expect(try store?.audit().findings == [])
  }

  @Test(arguments: ["/", "//", "/.", "/./"])
  func `a path may end in slashes and dots`(_ end: String) throws {
    #expect(code(path + end, create: true) == nil)
    #expect(exists(path + "/current"))
    #expect(code(path + end) == nil && code(path) == nil)
  }

  @Test func `paths are absolute and end in a name`() {
    let here = StoreDirectory(".").path
    #expect(here.hasPrefix("/") && !here.hasSuffix("."))
    #expect(StoreDirectory("a/").path == here + "/a" && StoreDirectory("./").path == here)
    #expect(StoreDirectory("/a./").path == "/a." && StoreDirectory("/").path == "/")
  }

  @Test func `a file is no store, and stays as it is`() {
    write("mine", to: path)
    #expect(code(path) == .unusable && code(path, create: true) == .unusable)
    #expect(code(path + "/below") == .noStore)
    #expect(code(path + "/below", create: true) == .cannotCreate)
    #expect(code(directory.path("no/such/place"), create: true) == .cannotCreate)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == 4)
  }

  @Test func `an empty directory becomes a store, another one is left alone`() {
    mkdir(path, 0o755)
    #expect(code(path) == .noStore && code(path, create: true) == nil)
    let other = directory.path("other")
    mkdir(other, 0o755)
    write("mine", to: other + "/file")
    #expect(code(other) == .unusable && code(other, create: true) == .cannotCreate)
    #expect(!exists(other + "/current") && exists(other + "/file"))
  }

  @Test func `another format version is refused`() throws {
    try makeStore()
    try LMDBStore(path: path).write { session in
      try session.transaction.put([0, 0, 0, 3], for: Format.formatKey, in: .meta)
    }
    #expect(code(path) == .formatVersion && code(path, create: true) == .formatVersion)
  }

  @Test(arguments: [0, 1, 4_095, 4_096, 8_192, 20_000])
  func `a data file that is cut short is refused, and left as it is`(_ size: Int) throws {
    try makeStore()
    let data = path + "/env.0/data.mdb"
    #expect(truncate(data, off_t(size)) == 0)
    #expect(code(path) == .unsound && code(path, create: true) == .unsound)
    var status = stat()
    #expect(stat(data, &status) == 0 && status.st_size == off_t(size))
  }

  @Test func `a missing or foreign data file is refused`() throws {
    try makeStore()
    let data = path + "/env.0/data.mdb"
    write(String(repeating: "nonsense", count: 4_000), to: data)
    #expect(code(path) == .unsound)
    unlink(data)
    #expect(code(path) == .unsound && code(path, create: true) == .unsound && !exists(data))
  }

  @Test(arguments: [
    "", "\n", "nonsense", "/etc", "env.", "env.0/../env.0", "env.x", "env.7\n",
  ])
  func `current must name an environment of the store`(_ text: String) throws {
    try makeStore()
    write(text, to: path + "/current")
    #expect(code(path) == .unsound && code(path, create: true) == .unsound)
  }
}
