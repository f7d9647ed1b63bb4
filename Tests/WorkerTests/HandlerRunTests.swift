import Glibc
import QueueCore
import System
import Testing

@testable import Worker

@Suite struct HandlerRunTests {
  @Test(arguments: [0, 1, 75, 126, 255]) func `an exit status comes back`(_ code: UInt8) throws {
    let report = try #require(HandlerFixture("exit \(code)").run().report)
    #expect(report.exit == .exited(code))
    #expect(!report.timedOut && report.finished >= report.started)
  }

  @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV])
  func `a death by signal comes back`(_ signal: Int32) throws {
    let report = try HandlerFixture("kill -\(signal) $$").run().report
    #expect(report?.exit == .signalled(UInt8(signal)))
  }

  @Test(arguments: ["sleep 60 & echo $!", "setsid sh -c 'echo $$; exec sleep 60' & read x < $WAIT"])
  func `what a killed handler had started is gone when the run is over`(_ start: String) throws {
    let pipe = "/tmp/q-remains-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    defer { unlink(pipe) }
    try #require(mkfifo(pipe, 0o600) == 0)
    var fixture = HandlerFixture(
      "\(start.replacing("echo $$", with: "echo $$; echo > $WAIT")); kill -KILL $$")
    fixture.request.tokenText = bytes("token.\(pipe)")
    fixture.extraEnvironment = [
      (bytes("Q_TOKEN="), fixture.request.tokenText), (bytes("WAIT="), bytes(pipe)),
    ]
    let result = try fixture.run()
    #expect(result.report?.exit == .signalled(UInt8(SIGKILL)))
    let child = try #require(Int32(result.text.dropLast()))
    #expect(!isRunning(child))
  }

  @Test func `what a handler that exits leaves behind lives on`() throws {
    var fixture = HandlerFixture("sleep 60 & echo $!; exit 3")
    fixture.request.tokenText = bytes("token.daemon")
    fixture.extraEnvironment = [(bytes("Q_TOKEN="), fixture.request.tokenText)]
    let child = try #require(Int32(try fixture.run().text.dropLast()))
    #expect(isRunning(child))
    kill(child, SIGKILL)
  }

  @Test func `both streams are kept apart and whole`() throws {
    let result = try HandlerFixture("echo out; echo err >&2; echo more").run()
    #expect(result.text == "out\nmore\n")
    #expect(result.error.bytes == bytes("err\n"))
  }

  @Test func `stdin is the payload from its beginning, and empty without one`() throws {
    var fixture = HandlerFixture("cat")
    #expect(try fixture.run().text == "")
    fixture.request.input = [UInt8](repeating: 65, count: 300_000)
    #expect(try fixture.run().output.count == 300_000)
  }

  @Test func `a timeout sends TERM to the whole group`() throws {
    var fixture = HandlerFixture("sleep 60 & echo $!; wait")
    fixture.request.timeout = 200_000_000
    let result = try fixture.run()
    let report = try #require(result.report)
    #expect(report.timedOut && report.exit == .signalled(UInt8(SIGTERM)))
    let child = try #require(Int32(result.text.dropLast()))
    #expect(eventually { !isRunning(child) })
  }

  @Test func `a handler that ignores TERM is killed after its grace`() throws {
    var fixture = HandlerFixture("trap '' TERM; while :; do sleep 0.05; done")
    fixture.request.timeout = 100_000_000
    fixture.request.killAfter = 300_000_000
    let report = try #require(try fixture.run().report)
    #expect(report.timedOut && report.exit == .signalled(UInt8(SIGKILL)))
    #expect(report.finished - report.started >= 400_000_000)
  }

  @Test func `a grandchild may use its grace after the leader, and no more`() throws {
    var fixture = HandlerFixture(
      "(trap 'sleep 0.3; echo cleaned; exit' TERM; while :; do sleep 0.02; done) & wait")
    fixture.request.timeout = 200_000_000
    #expect(try fixture.run().text == "cleaned\n")

    fixture.script = "(trap '' TERM; sh -c 'echo $PPID'; while :; do sleep 0.05; done) & wait"
    fixture.request.killAfter = 200_000_000
    let result = try fixture.run()
    #expect(result.report?.exit == .signalled(UInt8(SIGTERM)))
    let child = try #require(Int32(result.text.dropLast()))
    #expect(eventually(2) { !isRunning(child) })
  }

  @Test func `a handler that exits at TERM tells its own status`() throws {
    var fixture = HandlerFixture("trap 'exit 9' TERM; while :; do sleep 0.02; done")
    fixture.request.timeout = 200_000_000
    let report = try #require(try fixture.run().report)
    #expect(report.timedOut && report.exit == .exited(9))
  }

  @Test func `a daemon that keeps the pipes and writes on does not hold the run`() throws {
    let result = try HandlerFixture("echo first; yes & echo $! >&2; exit 3").run()
    defer {
      String(decoding: result.error.bytes, as: UTF8.self).split(separator: "\n").forEach {
        if let pid = Int32($0) { kill(pid, SIGKILL) }
      }
    }
    let report = try #require(result.report)
    #expect(report.exit == .exited(3))
    #expect(result.text.hasPrefix("first\n"))
    #expect(report.finished - report.started < 5_000_000_000)
  }

  @Test func `a hundred megabytes on both pipes pass through little memory`() throws {
    let before = residentKilobytes()
    let result = try HandlerFixture(
      "head -c 100000000 /dev/zero & head -c 100000000 /dev/zero >&2; wait"
    ).run()
    #expect(result.output.count == 100_000_000 && result.error.count == 100_000_000)
    #expect(result.output.failure == nil && result.output.lost == 0)
    #expect(residentKilobytes() - before < 20_000)
  }

  @Test func `all live groups can be signalled, also those that start later`() throws {
    let fixture = HandlerFixture("sleep 60")
    let done = BlockingQueue<RunExit?>()
    let threads = try (0..<3).map { _ in
      try WorkerThread.start { done.push(try? fixture.run().report?.exit) }
    }
    #expect(eventually { fixture.live.count == 3 })
    fixture.live.signalAll(SIGTERM, andLater: true)
    for thread in threads { thread.join() }
    #expect(done.popAll().allSatisfy { $0 == .signalled(UInt8(SIGTERM)) })
    #expect(fixture.live.count == 0)
    #expect(try fixture.run().report?.exit == .signalled(UInt8(SIGTERM)))
  }

  private func residentKilobytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}
