import Glibc
import OrderedStore
import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct CompactionTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.path("store") }
  private func exists(_ name: String) -> Bool { access(path + "/" + name, F_OK) == 0 }

  private func enqueue(_ ids: ClosedRange<Int>, _ store: LMDBStore) throws {
    let batch = ItemBatch(ids.map { ItemID("item-\($0)")! })
    _ = try store.enqueue(batch, to: .default, priority: 1, until: nil)
  }

  private func mode(_ name: String) -> mode_t {
    var status = stat()
    return stat(path + "/" + name, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  private func write(_ text: String, to name: String) {
    let file = open(path + "/" + name, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    #expect(Glibc.write(file, text, text.utf8.count) == text.utf8.count)
    close(file)
  }

  @Test func `what is gone gives its room back, and the rest is as it was`() throws {
    let store = try LMDBStore(path: path, create: true, mode: 0o2770)
    try enqueue(1...20_000, store)
    let ids = (1...18_000).map { ItemID("item-\($0)")! }
    #expect(
      try store.move(ids, in: .default, by: .remove(force: false)).allSatisfy { $0 == .moved })
    let summary = try store.summary(of: .default)
    let incarnation = store.incarnation
    let done = try store.compact(within: .seconds(10))
    #expect(done.after * 5 < done.before, "\(done)")
    #expect(!exists("env.0") && !exists("current.new"))
    #expect(mode("env.1") == 0o2770 && mode("env.1/data.mdb") == 0o660)
    #expect(mode("env.1/lock.mdb") == 0o660 && mode("current") == 0o660)
    // The same object goes on with it.
    #expect(try store.summary(of: .default) == summary && store.incarnation == incarnation)
    try enqueue(20_001...20_010, store)
    #expect(try store.audit().findings == [])
    #expect(try store.audit().items == 2_010)
  }

  @Test func `what no one transaction takes comes over whole`() throws {
    let store = try LMDBStore(path: path, create: true)
    var batch = ItemBatch()
    for number in 1...90 {
      let payload = [UInt8](repeating: UInt8(number), count: 1 << 20 | number)
      batch.append(id: Array("item-\(number)".utf8), payload: payload)
    }
    _ = try store.enqueue(batch, to: .default, priority: 1, until: nil)
    _ = try store.compact(within: .seconds(10))
    for number in 1...90 {
      let payload = try store.payload(of: ItemID("item-\(number)")!, in: .default)
      #expect(payload == [UInt8](repeating: UInt8(number), count: 1 << 20 | number))
    }
    #expect(try store.audit().findings == [])
  }

  @Test func `the store's revision goes on growing`() throws {
    let store = try LMDBStore(path: path, create: true)
    var revisions = [store.revision]
    var closed: Set<UInt64> = []
    for round in 1...3 {
      try enqueue(round...(round + 5), store)
      revisions.append(store.revision)
      _ = try store.compact(within: .seconds(10))
      // Closed, it has news for whoever looks, also for who looked when it was closed before.
      #expect(closed.insert(store.revision).inserted && store.revision > 1 << 62)
      try enqueue((100 * round)...(100 * round), store)
      revisions.append(store.revision)
    }
    #expect(revisions == revisions.sorted() && Set(revisions).count == revisions.count)
    #expect(exists("env.3") && !exists("env.2"))
  }

  @Test func `a store that nobody uses at the moment is left by itself`() throws {
    let store = try LMDBStore(path: path, create: true)
    try enqueue(1...5, store)
    let gate = try Gate(store.directory)
    try gate.takeAlone(within: .seconds(60))
    #expect(store.revision > 1 << 62)
    gate.giveBack()
    #expect(try store.summary(of: .default)?.counts.pending == 5)
  }

  @Test func `nobody is taken out of a transaction`() throws {
    let store = try LMDBStore(path: path, create: true)
    try enqueue(1...5, store)
    let gate = try Gate(store.directory)
    try store.read { reading in
      do throws(StoreError) {
        try gate.takeAlone(within: .milliseconds(300))
        Issue.record("it did not wait")
      } catch let error {
        #expect(error.code == .busy)
      }
      let numbers = try reading.queueNumbers()
      #expect(numbers == [1])
    }
    #expect(!gate.isAsked)
    try gate.takeAlone(within: .seconds(60))
    gate.giveBack()
    #expect(try store.audit().findings == [])
  }

  @Test func `who has one long transaction is not asked to leave`() throws {
    let store = try LMDBStore(path: path, create: true)
    let (long, gate) = (try Gate(store.directory), try Gate(store.directory))
    try long.begin()
    #expect(throws: StoreError.self) { try gate.takeAlone(within: .milliseconds(100)) }
    #expect(store.revision < 1 << 62)
    long.end()
    try gate.takeAlone(within: .seconds(60))
    gate.giveBack()
  }

  @Test func `what a compaction that was killed has left is removed, and nothing else`() throws {
    var store: LMDBStore? = try LMDBStore(path: path, create: true)
    try enqueue(1...5, store!)
    _ = try store?.compact(within: .seconds(10))
    store = nil
    for stray in ["env.0", "env.2"] {
      mkdir(path + "/" + stray, 0o700)
      write("half", to: stray + "/data.mdb")
      write("", to: stray + "/lock.mdb")
    }
    // What lies under another number is somebody else's.
    mkdir(path + "/env.7", 0o700)
    write("mine", to: "env.7/data.mdb")
    write("env.2\n", to: "current.new")
    store = try LMDBStore(path: path)
    #expect(!exists("env.0") && !exists("env.2") && !exists("current.new"))
    #expect(exists("env.7/data.mdb") && exists("env.1/data.mdb"))
    #expect(try store?.summary(of: .default)?.counts.pending == 5)
    _ = try store?.compact(within: .seconds(10))
    #expect(exists("env.2/data.mdb") && !exists("env.1"))
  }

  @Test func `a link in the place of an environment is not followed`() throws {
    var store: LMDBStore? = try LMDBStore(path: path, create: true)
    try enqueue(1...5, store!)
    store = nil
    let other = directory.path("other")
    mkdir(other, 0o700)
    close(open(other + "/data.mdb", O_CREAT | O_WRONLY, 0o600))
    #expect(symlink(other, path + "/env.1") == 0)
    store = try LMDBStore(path: path)
    #expect(throws: StoreError.self) { try store?.compact(within: .seconds(10)) }
    #expect(access(other + "/data.mdb", F_OK) == 0)
    #expect(try store?.summary(of: .default)?.counts.pending == 5)
  }

  @Test func `a full disk leaves the store as it was`() async {
    await #expect(processExitsWith: .success) {
      let directory = TemporaryDirectory()
      let path = directory.path("store")
      let store = try LMDBStore(path: path, create: true)
      let batch = ItemBatch((1...100_000).map { ItemID("item-\($0)")! })
      _ = try store.enqueue(batch, to: .default, priority: 1, until: nil)
      // No file may be larger, as none can on a full disk.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1 << 20, rlim_max: .max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      for _ in 1...2 {
        do throws(StoreError) {
          _ = try store.compact(within: .seconds(10))
          Issue.record("there was room")
        } catch {
          #expect(error.code == .inputOutput, "\(error)")
        }
        #expect(access(path + "/env.1", F_OK) != 0 && access(path + "/current.new", F_OK) != 0)
        #expect(try store.summary(of: .default)?.counts.pending == 100_000)
      }
      limit.rlim_cur = .max
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      _ = try store.compact(within: .seconds(10))
      #expect(try store.audit().findings == [])
    }
  }
}
