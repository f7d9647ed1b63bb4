import Glibc
import QueueCore
import QueueTestKit
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct FullDiskTests {
  @Test func `a commit that failed gives back the room that it took`() async {
    await #expect(processExitsWith: .success) {
      let directory = TemporaryDirectory()
      let store = try LMDBStore(path: directory.path("store"), create: true)
      func enqueue(_ ids: ClosedRange<Int>) throws(StoreError) {
        let batch = ItemBatch(ids.map { ItemID("item-\($0)")! })
        _ = try store.enqueue(batch, to: .default, priority: 1, until: nil)
      }
      func size() -> Int {
        var status = stat()
        stat(directory.path("store/env.0/data.mdb"), &status)
        return Int(status.st_size)
      }
      try enqueue(1...10)
      let before = size()
      // No file may be larger, as none can on a full disk.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4 << 20, rlim_max: .max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      for _ in 1...3 {
        #expect(throws: StoreError.self) { try enqueue(11...200_000) }
        #expect(size() == before, "\(size()) bytes, not \(before)")
      }
      try enqueue(11...12)
      #expect(try store.audit().findings == [])
      #expect(try store.summary(of: .default)?.counts.pending == 12)
    }
  }
}
