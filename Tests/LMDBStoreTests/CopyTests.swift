import Glibc
import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct CopyTests {
  private let directory = TemporaryDirectory()
  private let clock = ManualClock()
  private static let process = ProcessIdentity(
    pid: 7, startTicks: 8, bootID: "boot", pidNamespace: 9)
  private let store: LMDBStore

  init() throws {
    store = try LMDBStore(
      path: directory.path("store"), create: true, clock: { [clock] in clock.now })
  }

  private var target: String { directory.path("copy") }
  private func exists(_ name: String) -> Bool { access(target + "/" + name, F_OK) == 0 }

  private func enqueue(_ ids: ClosedRange<Int>) throws {
    let batch = ItemBatch(ids.map { ItemID("item-\($0)")! })
    _ = try store.enqueue(batch, to: .default, priority: 1, until: nil)
  }

  private func code(_ place: String) -> StoreError.Code? {
    do throws(StoreError) { _ = try store.copy(to: place, compacting: false) } catch {
      return error.code
    }
    return nil
  }

  private func lease(_ count: Int) -> LeaseRequest {
    LeaseRequest(queue: .default, wanted: count, length: .seconds(60))
  }

  @Test(arguments: [false, true])
  func `a copy has everything, and nobody who works on it`(_ compacting: Bool) throws {
    try enqueue(1...1_000)
    let worker = try store.register(Self.process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }
    var turn = Turn(queue: .default, worker: worker.id)
    turn.wanted = 5
    let claimed = try store.turn(turn).claims
    let leased = try store.claim(lease(3)).claims
    #expect(claimed.count == 5 && leased.count == 3)
    // A removed item whose run has not ended holds its id back.
    let removed = claimed[0].id
    #expect(
      try store.move([removed], in: .default, by: .remove(force: true)) == [.moved])
    #expect(try store.isHeldBack(removed, in: .default))
    let before = try store.summary(of: .default)

    let made = try store.copy(to: target, compacting: compacting)
    #expect(made.items == 999 && made.released == 7 && made.address == target)
    let copy = try LMDBStore(path: target, clock: { [clock] in clock.now })
    let counts = try #require(try copy.summary(of: .default)?.counts)
    #expect(counts.pending == 999 && counts.processing == 0 && counts.leased == 0)
    #expect(try copy.workers().isEmpty && !copy.isHeldBack(removed, in: .default))
    #expect(try copy.audit().findings == [])
    for item in try copy.items(of: .default, in: .pending, after: nil, limit: 2_000).items {
      #expect(item.state.tally == Tally())
    }
    // Tokens of the one mean nothing in the other.
    #expect(copy.incarnation != store.incarnation)
    let end = LeaseSettlement(token: leased[0].token, outcome: .succeeded, jitter: 0)
    #expect(try copy.settle([end]).answers == [.stale])
    let own = try copy.claim(lease(5)).claims
    #expect(Set(own.map(\.token)).isDisjoint(with: (claimed + leased).map(\.token)))
    #expect(try store.summary(of: .default) == before)
    #expect(try store.workers().count == 1)
  }

  @Test func `a copy keeps its tokens when somebody works on it`() throws {
    try enqueue(1...5)
    _ = try store.copy(to: target, compacting: true)
    let copy = try LMDBStore(path: target)
    let incarnation = copy.incarnation
    _ = try copy.register(Self.process, given: QueueSettings()) { (_) throws(StoreError) in }
    #expect(copy.incarnation == incarnation)
  }

  @Test func `what is there stays`() throws {
    try enqueue(1...5)
    #expect(code(store.directory.path) == .cannotCreate)
    #expect(code(store.directory.path + "/runs/copy") == .cannotCreate)
    #expect(code(directory.path("none/copy")) == .cannotCreate)
    mkdir(target, 0o750)
    close(open(target + "/mine", O_CREAT | O_WRONLY, 0o600))
    #expect(code(target) == .cannotCreate && exists("mine") && !exists("guard"))
    unlink(target + "/mine")
    #expect(code(target) == nil && exists("current"))
    var status = stat()
    #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o750)
    try enqueue(6...6)
    #expect(code(target) == .cannotCreate)
    #expect(try LMDBStore(path: target).summary(of: .default)?.counts.pending == 5)
  }

  @Test func `what a copy that was killed has left is no store, and is taken away`() throws {
    try enqueue(1...5_000)
    #expect(code(target) == nil)
    // As if it had been killed before its last step.
    #expect(rename(target + "/current", target + "/current.new") == 0)
    truncate(target + "/guard", 0)
    do throws(StoreError) { _ = try LMDBStore(path: target) } catch {
      #expect(error.code == .noStore, "\(error)")
    }
    do throws(StoreError) {
      _ = try StoreDirectory(target).repairFiles()
    } catch {
      #expect(error.code == .noStore, "\(error)")
    }
    #expect(code(target) == nil && exists("current"))
    #expect(try LMDBStore(path: target).audit().items == 5_000)
  }

  @Test func `a copy that is not sound is not made`() throws {
    try enqueue(1...50)
    _ = try store.write { session in
      try session.transaction.delete(
        ItemKey(queue: 1, priority: 1, sequence: 7).withBytes(Array.init),
        in: .pending)
    }
    #expect(code(target) == .unsound && access(target, F_OK) != 0)
    mkdir(target, 0o700)
    #expect(code(target) == .unsound && Set(StoreDirectory(target).names) == [])
  }
}
