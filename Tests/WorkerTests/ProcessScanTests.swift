import Glibc
import QueueCore
import System
import Testing

@testable import Worker

@Suite struct ProcessScanTests {
  @Test func `a grandchild that closed all descriptors is found by its environment, and killed`()
    throws
  {
    let text = bytes("scan-\(getpid())-a.1")
    var fixture = HandlerFixture("setsid sleep 60 >/dev/null 2>&1 </dev/null & echo $!")
    if access("/usr/bin/python3", X_OK) == 0 {
      fixture.script = """
        exec /usr/bin/python3 -c 'import subprocess as s; \
        print(s.Popen(["sleep", "60"], stdin=-3, stdout=-3, stderr=-3, start_new_session=True).pid)'
        """
    }
    fixture.extraEnvironment = [(bytes("XQ_TOKEN="), bytes("no")), (bytes("Q_TOKEN="), text)]
    let pid = try #require(Int32(fixture.run().text.dropLast()))
    let suspect = Suspect(token: 1, tokenText: text, record: nil)
    let other = Suspect(token: 2, tokenText: text + [48], record: nil)
    #expect(eventually { (try? ProcessScan.orphans(of: [other, suspect]).map(\.pid)) == [pid] })
    let found = try ProcessScan.orphans(of: [other, suspect])
    #expect(found.map(\.evidence) == [.environment] && found.map(\.suspect) == [suspect])
    let orphan = try #require(found.first)
    var reused = orphan
    reused.startTicks -= 1
    #expect(ProcessScan.kill(reused) == .gone && isRunning(pid))
    var stranger = orphan
    stranger.suspect = other
    #expect(ProcessScan.kill(stranger) == .gone && isRunning(pid))
    #expect(ProcessScan.kill(orphan) == .killed)
    #expect(eventually { !isRunning(pid) })
    #expect(ProcessScan.kill(orphan) == .gone)
  }

  @Test func `the rest of a recorded group is found without its leader`() throws {
    let store = temporaryDirectory()
    let records = try RunRecords(store: store, worker: 1, slots: 1)
    var fixture = HandlerFixture("env -i TEST_RUN=$TEST_RUN sleep 60 >/dev/null 2>&1 & echo $!")
    fixture.request.token = 5
    fixture.request.record = records.descriptor
    fixture.request.recordOffset = RunRecords.offset(slot: 0)
    let pid = try #require(Int32(fixture.run().text.dropLast()))
    let record = try #require(RunRecords.read(store: store, worker: 1)?.records.first)
    var suspect = Suspect(token: 5, tokenText: bytes("none-5"), record: record)
    let found = try ProcessScan.orphans(of: [suspect])
    #expect(found.map(\.pid) == [pid] && found.map(\.evidence) == [.group])
    suspect.record?.session += 1
    #expect(try ProcessScan.orphans(of: [suspect]).isEmpty, "another session is not its group")
    suspect.record?.session -= 1
    suspect.record?.started += 3_600_000_000_000
    #expect(try ProcessScan.orphans(of: [suspect]).isEmpty, "it began before the record")
    #expect(ProcessScan.kill(try #require(found.first)) == .killed)
    #expect(eventually { !isRunning(pid) })
  }

  @Test func `a leader counts only if it began before its record`() throws {
    let record = RunRecord(token: 1, pid: 40, session: 7, started: 1_234_000_001)
    func leader(_ ticks: UInt64) -> Bool {
      let line = "40 (a) Z) S 1 40 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(ticks) 0 0"
      return Array(line.utf8).withUnsafeBytes { ProcessStat($0) }.map {
        #expect($0.state == UInt8(ascii: "S") && $0.group == 40 && $0.session == 7)
        return ProcessScan.isGroup([$0], of: record)
      } ?? false
    }
    #expect(leader(100) && leader(123) && leader(124))
    #expect(!leader(125))
    let member = Array("41 (b) S 1 40 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 130 0".utf8)
    let stat = try #require(member.withUnsafeBytes { ProcessStat($0) })
    #expect(ProcessScan.isGroup([stat], of: record))
  }

  @Test func `a zombie is not a live handler`() throws {
    let pid = fixtureZombie()
    defer { waitpid(pid, nil, 0) }
    #expect(eventually { !isRunning(pid) && kill(pid, 0) == 0 })
    #expect(!ProcessScan.hasLiveMember(group: pid))
  }

  @Test func `the recoverer never kills itself`() {
    let suspect = Suspect(token: 1, tokenText: [], record: nil)
    let own = Orphan(suspect: suspect, pid: getpid(), startTicks: 0, evidence: .environment)
    #expect(ProcessScan.kill(own) == .refused)
  }

  @Test func `an identity tells boot, namespace and start`() throws {
    let own = try ProcessIdentity.current()
    #expect(own.pid == getpid() && own.bootID.utf8.count == 36 && own.pidNamespace > 0)
    #expect(own.startTicks > 0)
    #expect(try ProcessIdentity.current() == own)
  }

  /// A group of one process that has exited and is not reaped.
  private func fixtureZombie() -> Int32 {
    let settings = settingsOfMain(handled: [])
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let plan = SpawnPlan(input: null, output: null, error: null)
    guard let process = try? spawn(ProgramArguments(HandlerFixture().program), plan, settings)
    else { return -1 }
    close(process.pidfd)
    return process.pid
  }
}
