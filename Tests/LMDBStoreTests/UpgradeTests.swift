import Foundation
import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// A store of an older version becomes one of this program's with the first write, whichever that is.
@Suite struct UpgradeTests {
  private static let process = ProcessIdentity(
    pid: 7, startTicks: 8, bootID: "boot", pidNamespace: 9)
  private let old: OldStore

  init() throws { old = try OldStore(version: 1) }

  /// What the store says that it is.
  private func version(_ store: LMDBStore) throws -> [UInt8]? {
    try store.engine.read { try $0.bytes(for: Format.formatKey, in: .meta) }
  }

  /// The data file, byte for byte.
  private var data: Data? { FileManager.default.contents(atPath: old.path + "/env.0/data.mdb") }

  struct Write: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body: @Sendable (LMDBStore) throws -> Void

    init(_ description: String, _ body: @escaping @Sendable (LMDBStore) throws -> Void) {
      (testDescription, self.body) = (description, body)
    }
  }

  private static let writes = [
    Write("enqueue") {
      _ = try $0.enqueue(ItemBatch([ItemID("n")!]), to: .default, priority: 1, until: nil)
    },
    Write("register, settle and claim") { store throws in
      let worker = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
      var turn = Turn(queue: .default, worker: worker.id)
      turn.wanted = 2
      #expect(try store.turn(turn).claims.map(\.id.description) == ["first", "late"])
    },
    Write("claim by lease") { store throws in
      let request = LeaseRequest(queue: .default, wanted: 9, length: .seconds(60))
      #expect(try store.claim(request).claims.map(\.id.description) == ["first", "late"])
      #expect(try store.summary(of: .default)?.counts.leased == 2)
    },
    Write("extend") { store throws in
      #expect(try store.extend([], by: .seconds(9)) == [] && store.expire() == 0)
    },
    Write("settle a stale token") { store throws in
      let token = Token(number: 9, key: ItemKey(queue: 1, rank: 1), incarnation: store.incarnation)
      let end = LeaseSettlement(token: token, outcome: .succeeded, jitter: 0)
      #expect(try store.settle([end]).answers == [.stale])
    },
    Write("expire") { store throws in #expect(try store.expire() == 0) },
    Write("retry") { _ = try $0.move([ItemID("b")!], in: .default, by: .retry) },
    Write("remove all that is done") {
      _ = try $0.move(all: .done, of: .default, by: .remove(force: false), after: nil)
    },
    Write("remove a queue") { _ = try $0.removeQueue(QueueName("none")!) },
    Write("configure") { try $0.configure(.default) { settings, _ in settings.workers = 3 } },
    Write("watch a new queue") { _ = try $0.watch(QueueName("new")!) },
    Write("recover") { store throws in
      let observer = ScriptedObserver(isDead: { _ in true }, seen: { _ in .ended(.charged) })
      #expect(
        try store.recover(observer: observer, for: .default, given: QueueSettings()).recovered == 1)
    },
    Write("repair") { _ = try $0.repair() },
  ]

  @Test func `looks leave a store of version 1 as it is`() throws {
    let before = data
    let store = try old.open()
    var upgrades = 0
    store.onUpgrade = { _, _ in upgrades += 1 }
    #expect(try store.summaries().count == 3 && store.audit().findings == [])
    #expect(try store.summary(of: .default)?.nextExpiry == nil)
    #expect(try store.item(ItemID("a")!, in: .default) != nil && store.workers().count == 1)
    #expect(try version(store) == [0, 0, 0, 1] && upgrades == 0 && data == before)
    // What fails leaves it so, too.
    #expect(throws: StoreError.self) {
      try store.write { _ in throw StoreError(.limit, "no") }
    }
    #expect(try version(store) == [0, 0, 0, 1] && upgrades == 0)
    #expect(try store.summary(of: .default)?.nextExpiry == nil && store.audit().findings == [])
  }

  @Test(arguments: writes)
  func `the first write upgrades it, in its own transaction, said once`(_ write: Write) throws {
    var store: LMDBStore? = try old.open()
    var upgrades: [[UInt32]] = []
    store?.onUpgrade = { upgrades.append([$0, $1]) }
    if let store { try write.body(store) }
    #expect(try store.map(version) == [0, 0, 0, 2] && upgrades == [[1, 2]])
    #expect(try store?.audit().findings == [])
    // It is whole: also who opens it now claims by lease.
    store = nil
    store = try old.open()
    store?.onUpgrade = { upgrades.append([$0, $1]) }
    let new = QueueName("lease")!
    _ = try store?.enqueue(ItemBatch([ItemID("n")!]), to: new, priority: 1, until: nil)
    let request = LeaseRequest(queue: new, wanted: 9, length: .seconds(60))
    #expect(try store?.claim(request).claims.count == 1 && upgrades == [[1, 2]])
    #expect(try store?.audit().findings == [] && store?.repair() == Repairs())
  }

  @Test func `who has it open sees that another process has upgraded it`() throws {
    let store = try old.open()
    #expect(try store.summary(of: .default)?.nextExpiry == nil)
    let other = CommandProcess(["q-config", "--store", old.path, "workers=2"])
    #expect(other.wait() == .exited(0))
    var upgrades = 0
    store.onUpgrade = { _, _ in upgrades += 1 }
    #expect(try store.summary(of: .default)?.settings.workers == 2)
    let request = LeaseRequest(queue: .default, wanted: 1, length: .seconds(60))
    let until = try store.claim(request).until
    #expect(try store.summary(of: .default)?.nextExpiry == until && upgrades == 0)
    #expect(try store.audit().findings == [])
  }
}
