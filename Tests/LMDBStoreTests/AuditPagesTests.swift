import Glibc
import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct AuditPagesTests {
  @Test func `an audit keeps nobody from using free pages again`() throws {
    let made = try TemporaryStore()
    try withExtendedLifetime(made) {
      let store = made.store
      func pages() throws -> Int {
        var status = stat()
        #expect(stat(store.directory.path + "/env.0/data.mdb", &status) == 0)
        return Int(status.st_size) / 4_096
      }
      let ids = (1...6).map { ItemID("item\($0)")! }
      _ = try store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil)
      func write() throws(StoreError) {
        for attempts in UInt32(1)...60 {
          _ = try store.configure(.default) { settings, _ in settings.maximumAttempts = attempts }
        }
      }
      try write()
      let before = try pages()
      _ = try store.audit(pageOf: 1) { () throws(StoreError) in try write() }
      #expect(try pages() < before + 60)
    }
  }
}
