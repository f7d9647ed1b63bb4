import Glibc
import QueueCore
import Testing

@testable import Worker

/// What the files in a store can say of a dead worker's runs, and what they cannot.
@Suite struct EvidenceTests {
  private let store = temporaryDirectory()
  private let liveness: StoreLiveness
  private let worker: WorkerRecord

  init() throws {
    emptyFile(store + "/locks")
    liveness = try StoreLiveness(directory: store, locks: store + "/locks")
    worker = WorkerRecord(
      id: WorkerID(1), process: try ProcessIdentity.current(),
      registeredAt: Timestamp(microseconds: 1))
  }

  private let run = Token(number: 7, key: ItemKey(queue: 1, rank: 1), incarnation: 3)

  /// A process that lives in a group of its own, and the record that says it is run 7.
  private func recorded() throws -> (pid: Int32, records: RunRecords) {
    let records = try RunRecords(store: store, worker: 1, slots: 2)
    var fixture = HandlerFixture("env -i TEST_RUN=$TEST_RUN sleep 60 >/dev/null 2>&1 & echo $!")
    fixture.request.token = run.number
    fixture.request.record = records.descriptor
    fixture.request.recordOffset = RunRecords.offset(slot: 1)
    return (try #require(Int32(fixture.run().text.dropLast())), records)
  }

  @Test func `a recorded run that lives is ended, and then it has started`() throws {
    let (pid, records) = try recorded()
    #expect(liveness.observe([run], of: worker) == [.ending])
    #expect(eventually { !isRunning(pid) })
    #expect(liveness.observe([run], of: worker) == [.ended(.charged)])
    withExtendedLifetime(records) {}
  }

  @Test func `a run of a worker that was asked to end is no loss`() throws {
    let (pid, records) = try recorded()
    records.markEnding()
    #expect(liveness.observe([run], of: worker) == [.ending])
    #expect(eventually { !isRunning(pid) })
    #expect(liveness.observe([run], of: worker) == [.ended(.excused)])
  }

  @Test
  func `a run without a record has not begun only if it is later than those that are recorded`()
    throws
  {
    let (pid, records) = try recorded()
    kill(pid, SIGKILL)
    #expect(eventually { !isRunning(pid) })
    let others = [6, 8].map { Token(number: $0, key: run.key, incarnation: run.incarnation) }
    // A slot writes over what it wrote of its last run.
    #expect(
      liveness.observe([others[0], run, others[1]], of: worker)
        == [.ended(.excused), .ended(.charged), .ended(.unbegun)])
    var elsewhere = worker
    elsewhere.process.bootID = "another"
    #expect(liveness.observe([others[1]], of: elsewhere) == [.ended(.excused)])
    withExtendedLifetime(records) {}
  }

  @Test func `records that cannot be read, or are elsewhere, leave the run orphaned`() throws {
    let (pid, records) = try recorded()
    defer { kill(pid, SIGKILL) }
    rename(records.path, records.path + ".away")
    symlink(records.path + ".away", records.path)
    #expect(liveness.observe([run], of: worker) == [.orphaned], "a link is not followed")
    unlink(records.path)
    mkdir(records.path, 0o700)
    #expect(liveness.observe([run], of: worker) == [.orphaned])
    #expect(isRunning(pid))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root: files of other users"))
  func `a record of another user ends none but that user's processes`() throws {
    let (pid, records) = try recorded()
    defer { kill(pid, SIGKILL) }
    #expect(chown(records.path, 12_345, 12_345) == 0)
    #expect(liveness.observe([run], of: worker) == [.orphaned])
    #expect(isRunning(pid))
    #expect(chown(records.path, 0, 0) == 0)
    #expect(liveness.observe([run], of: worker) == [.ending])
    #expect(eventually { !isRunning(pid) })
  }

  @Test func `what a worker makes takes the store's permissions, whatever the umask`() throws {
    chmod(store, 0o2770)
    let records = try RunRecords(store: store, worker: 1, slots: 1)
    _ = try ControlFiles(store: store, worker: 1)
    func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
    #expect(mode(store + "/runs") == 0o2770 && mode(records.path) == 0o640)
    #expect(mode(store + "/control") == 0o2770 && mode(store + "/control/1") == 0o2770)
  }

  @Test func `only who holds a worker's byte clears away what is left under its name`() throws {
    let other = try LockFile(path: store + "/locks")
    var calls = 0
    liveness.locks.whileHolding(4) { calls += 1 }
    try other.holdWorker(4)
    liveness.locks.whileHolding(4) { calls += 1 }
    #expect(calls == 1)
    #expect(try liveness.locks.isWorkerAlive(4))
    #expect(try !liveness.locks.isWorkerAlive(5))
  }
}
