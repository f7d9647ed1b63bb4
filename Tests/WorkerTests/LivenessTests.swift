import Glibc
import System
import Testing

@testable import Worker

@Suite struct LivenessTests {
  private func lockFile() throws -> LockFile {
    let path = temporaryDirectory() + "/locks"
    emptyFile(path)
    return try LockFile(path: path)
  }

  @Test func `a worker's byte is held for its life, and seen by itself too`() throws {
    var mine: LockFile? = try lockFile()
    let other = try LockFile(path: #require(mine).path)
    try mine?.holdWorker(3)
    #expect(try other.isWorkerAlive(3) && !other.isWorkerAlive(4))
    #expect(try mine?.isWorkerAlive(3) == true)
    #expect(throws: SystemError.self) { try other.holdWorker(3) }
    mine = nil
    #expect(try !other.isWorkerAlive(3))
  }

  @Test func `a run's byte is held while its handler or its grandchild lives`() throws {
    let locks = try lockFile()
    var fixture = HandlerFixture("sleep 60 >/dev/null 2>&1 & echo $!")
    let result = try {
      let lock = try locks.openRunLock(11)
      fixture.request.lock = lock.descriptor
      return try fixture.run()
    }()
    let grandchild = try #require(Int32(result.text.dropLast()))
    #expect(try locks.isRunHeld(11) && !locks.isRunHeld(12))
    kill(grandchild, SIGKILL)
    #expect(eventually { (try? locks.isRunHeld(11)) == false })
  }

  @Test func `another file in the place of the locks is noticed`() throws {
    let locks = try lockFile()
    #expect(locks.identityAtPath() == locks.identity)
    rename(locks.path, locks.path + ".old")
    #expect(locks.identityAtPath() == nil)
    emptyFile(locks.path)
    #expect(locks.identityAtPath() != locks.identity)
    var code: Int32 = 0
    do throws(SystemError) { _ = try locks.openRunLock(1) } catch { code = error.code }
    #expect(code == ESTALE)
  }

  @Test func `the handler's process writes its own record`() throws {
    let store = temporaryDirectory()
    let records = try RunRecords(store: store, worker: 9, slots: 4)
    #expect(try RunRecords.read(store: store, worker: 9)?.records.isEmpty == true)
    var fixture = HandlerFixture("echo $$")
    fixture.request.token = 77
    fixture.request.record = records.descriptor
    fixture.request.recordOffset = RunRecords.offset(slot: 2)
    let pid = try #require(Int32(fixture.run().text.dropLast()))
    let file = try #require(try RunRecords.read(store: store, worker: 9))
    #expect(file.owner == geteuid() && !file.isEnding)
    let read = file.records
    #expect(read.map(\.token) == [77] && read.map(\.pid) == [pid])
    #expect(read.first?.session == getsid(0))
    try RunRecords.remove(store: store, worker: 9)
    try RunRecords.remove(store: store, worker: 9)
    #expect(try RunRecords.read(store: store, worker: 9) == nil)
  }
}
