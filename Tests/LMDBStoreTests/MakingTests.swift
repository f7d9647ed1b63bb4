import Glibc
import LMDB
import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// Where a store is made, out of what, and for whom.
@Suite struct MakingTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.path("store") }

  private func status(_ path: String) -> stat {
    var status = stat()
    #expect(lstat(path, &status) == 0, "\(path)")
    return status
  }

  private func write(_ text: String, to file: String) {
    let descriptor = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    #expect(pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count)
    close(descriptor)
  }

  private func failure(_ path: String, create: Bool = true) -> StoreError? {
    do throws(StoreError) { _ = try LMDBStore(path: path, create: create) } catch { return error }
    return nil
  }

  /// Everything in the store, with a wake file and a worker's registration.
  private func use(_ path: String) throws {
    let store = try LMDBStore(path: path, create: true)
    _ = try store.enqueue(
      ItemBatch([ItemID("a")!]), to: .default, priority: 1, until: nil)
  }

  private static let files = [
    "current", "gate", "guard", "locks", "writer", ".gitignore", "env.0/data.mdb",
    "env.0/lock.mdb", "wake/1",
  ]
  private static let directories = ["env.0", "wake", "runs", "control"]

  @Test(arguments: [0o700, 0o2770, 0o750, 0o2700])
  func `what is in a store has its directory's mode, whatever the umask`(_ mode: UInt32) throws {
    // Only this process has this umask, and other tests' files have their modes given.
    let before = umask(0o077)
    defer { umask(before) }
    let store = try LMDBStore(path: path, create: true, mode: mode)
    _ = try store.enqueue(
      ItemBatch([ItemID("a")!]), to: .default, priority: 1, until: nil)
    withExtendedLifetime(store) {
      #expect(status(path).st_mode & 0o7777 == mode)
      for file in Self.files {
        #expect(status(path + "/" + file).st_mode & 0o7777 == mode & 0o666, "\(file)")
      }
      for name in Self.directories {
        #expect(status(path + "/" + name).st_mode & 0o7777 == mode, "\(name)")
      }
    }
  }

  @Test func `a directory that is there stays what it is, and the store follows it`() throws {
    mkdir(path, 0o700)
    chmod(path, 0o2770)
    // Only root has groups to choose from.
    if geteuid() == 0 { #expect(chown(path, 0, 54_321) == 0 && chmod(path, 0o2770) == 0) }
    let before = status(path)
    try use(path)
    let after = status(path)
    #expect(after.st_ino == before.st_ino && after.st_mode == before.st_mode)
    #expect(after.st_gid == before.st_gid)
    for file in Self.files {
      let status = status(path + "/" + file)
      #expect(status.st_mode & 0o7777 == 0o660 && status.st_gid == before.st_gid, "\(file)")
    }
    for name in Self.directories {
      let status = status(path + "/" + name)
      #expect(status.st_mode & 0o7777 == 0o2770 && status.st_gid == before.st_gid, "\(name)")
    }
  }

  @Test func `what is made again has the directory's mode and group`() throws {
    mkdir(path, 0o700)
    if geteuid() == 0 { #expect(chown(path, 0, 54_321) == 0) }
    chmod(path, 0o770)
    try use(path)
    for file in ["current", "gate", "guard", "locks", "writer", "env.0/lock.mdb", "wake/1"] {
      #expect(unlink(path + "/" + file) == 0)
    }
    for name in ["wake", "runs", "control"] { #expect(rmdir(path + "/" + name) == 0) }
    let before = umask(0o077)
    defer { umask(before) }
    #expect(try StoreDirectory(path).repairFiles().count == 8)
    #expect(rmdir(path + "/wake") == 0)
    let store = try LMDBStore(path: path)
    _ = try store.watch(.default)
    withExtendedLifetime(store) {
      for file in Self.files {
        let status = status(path + "/" + file)
        #expect(status.st_mode & 0o7777 == 0o660, "\(file)")
        #expect(status.st_gid == self.status(path).st_gid, "\(file)")
      }
      for name in Self.directories {
        #expect(status(path + "/" + name).st_mode & 0o7777 == 0o770, "\(name)")
      }
    }
  }

  @Test func `a store is made where a link leads`() throws {
    let (target, link) = (directory.path("target"), directory.path("link"))
    symlink("target", link)
    #expect(failure(link, create: false)?.code == .noStore)
    try use(link)
    #expect(status(target).st_mode & S_IFMT == S_IFDIR && status(link).st_mode & S_IFMT == S_IFLNK)
    #expect(access(target + "/current", F_OK) == 0)

    let (empty, other) = (directory.path("empty"), directory.path("other"))
    mkdir(empty, 0o700)
    symlink(empty, other)
    try use(other)
    #expect(access(empty + "/current", F_OK) == 0)

    let loop = directory.path("loop")
    symlink("loop", loop)
    #expect(failure(loop)?.code == .unusable)
  }

  @Test func `a directory with other contents is refused, what every directory may have is not`()
    throws
  {
    mkdir(path, 0o700)
    mkdir(path + "/lost+found", 0o700)
    write("mine\n", to: path + "/.gitignore")
    #expect(failure(path, create: false)?.code == .noStore)
    try use(path)
    #expect(status(path + "/.gitignore").st_size == 5, "it was written over")
    #expect(access(path + "/lost+found", F_OK) == 0)

    let other = directory.path("other")
    mkdir(other, 0o700)
    write("mine", to: other + "/thesis.txt")
    let error = failure(other)
    #expect(error?.code == .cannotCreate)
    #expect(error?.message.contains("it has other contents (thesis.txt)") == true)
    #expect(StoreDirectory(other).names == ["thesis.txt"])
  }

  @Test func `what a killed maker left is removed by the next, and is no store before`() throws {
    mkdir(path, 0o700)
    for name in ["env.0", "wake", "runs"] { mkdir(path + "/" + name, 0o700) }
    for name in ["guard", "gate", "writer", "locks", "current.new"] {
      write(name == "guard" ? "" : "x", to: path + "/" + name)
    }
    for name in ["data.mdb", "lock.mdb"] { write("half", to: path + "/env.0/" + name) }
    #expect(failure(path, create: false)?.code == .noStore)
    #expect(throws: StoreError.self) { try StoreDirectory(path).repairFiles() }
    try use(path)
    #expect(failure(path, create: false) == nil)
    #expect(access(path + "/current.new", F_OK) != 0)
    #expect(status(path + "/locks").st_size == 0)
  }

  @Test func `a store that has lost its file current is never taken for half a one`() throws {
    try use(path)
    // As of a store from before guard was synced, and a cut of power.
    #expect(truncate(path + "/guard", 0) == 0)
    unlink(path + "/current")
    #expect(failure(path)?.code == .unsound && failure(path, create: false)?.code == .unsound)
    #expect(try StoreDirectory(path).repairFiles().count == 1)
    #expect(try LMDBStore(path: path).summary(of: .default)?.counts.pending == 1)
  }

  @Test func `a maker waits for the one before it, and takes its store`() throws {
    mkdir(path, 0o700)
    write("", to: path + "/guard")
    let other = try FileLock(path + "/guard")
    #expect(other.tryLock(byte: 0))
    let thread = Thread {
      usleep(100_000)
      _ = other.tryLock(byte: 0)
      other.unlock(byte: 0)
    }
    thread.start()
    let began = ContinuousClock.now
    try use(path)
    #expect(ContinuousClock.now - began > .milliseconds(80))
    thread.join()
  }

  @Test(arguments: [
    "current", "guard", "gate", "writer", "env.0", "env.0/data.mdb", "env.0/lock.mdb", "wake",
    "runs", "control",
  ])
  func `no link is followed in a store`(_ name: String) throws {
    try use(path)
    let (place, aside) = (path + "/" + name, directory.path("aside"))
    if access(place, F_OK) == 0 { #expect(rename(place, aside) == 0) } else { mkdir(aside, 0o700) }
    symlink(aside, place)
    let error = failure(path, create: false)
    #expect(error?.code == .unsound, "\(String(describing: error))")
    #expect(error?.message.contains("\(place) is a link") == true)
    #expect(failure(path, create: true)?.code == .unsound)
  }

  @Test func `a wake file that is a link is not written to`() throws {
    try use(path)
    let aside = directory.path("aside")
    write("", to: aside)
    unlink(path + "/wake/1")
    symlink(aside, path + "/wake/1")
    let store = try LMDBStore(path: path)
    _ = try store.enqueue(
      ItemBatch([ItemID("b")!]), to: .default, priority: 1, until: nil)
    #expect(status(aside).st_size == 0)
  }
}

/// A thread that runs a closure.
///
/// Unchecked: the closure is called once, by that thread, before `join` returns.
private final class Thread: @unchecked Sendable {
  private let body: () -> Void
  private var thread = pthread_t()

  init(_ body: @escaping () -> Void) { self.body = body }

  func start() {
    pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Thread>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
