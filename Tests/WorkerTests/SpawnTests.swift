import Glibc
import QueueCore
import System
import Testing

@testable import Worker

@Suite(.serialized) struct SpawnTests {
  @Test func `a handler that cannot be executed is told apart from one that is not there`() throws {
    let directory = temporaryDirectory()
    func kind(_ path: String) throws -> SpawnFailure.Kind? {
      var fixture = HandlerFixture()
      fixture.path = bytes(path)
      if case .failed(let failure) = try fixture.run().outcome { return failure.kind }
      return nil
    }
    emptyFile("\(directory)/plain")
    #expect(try kind("\(directory)/missing") == .notFound)
    #expect(try kind("\(directory)/plain") == .notExecutable)
    #expect(try kind(directory) == .notExecutable)
    let file = open("\(directory)/script", O_CREAT | O_RDWR | O_CLOEXEC, 0o700)
    write(file, "echo no mark\n", 13)
    close(file)
    #expect(try kind("\(directory)/script") == .notAProgram)
  }

  @Test func `arguments that are too long are this item's fault`() throws {
    var fixture = HandlerFixture()
    fixture.extraArguments = [[UInt8](repeating: 65, count: 200_000)]
    guard case .failed(let failure) = try fixture.run().outcome else {
      Issue.record("it ran")
      return
    }
    #expect(failure == SpawnFailure(stage: .exec, code: E2BIG))
    #expect(failure.kind == .tooLong)
  }

  @Test func `arguments and environment are bytes`() throws {
    let odd: [UInt8] = [0xff, 0xfe, 0x20, 0x0a, 0x27, 0x80]
    var fixture = HandlerFixture("printf %s \"$1\"; printf %s \"$ODD\" >&2")
    fixture.extraArguments = [bytes("sh"), odd]
    fixture.extraEnvironment = [(bytes("ODD="), odd)]
    let result = try fixture.run()
    #expect(result.output.bytes == odd)
    #expect(result.error.bytes == odd)
  }

  @Test func `only the standard streams and the run lock are open`() throws {
    let directory = temporaryDirectory()
    emptyFile("\(directory)/locks")
    let lock = try LockFile(path: "\(directory)/locks").openRunLock(7)
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    var fixture = HandlerFixture("ls /proc/$$/fd")
    fixture.request.lock = lock.descriptor
    let open = try fixture.run().text.split(separator: "\n").compactMap { Int32($0) }.sorted()
    #expect(open == [0, 1, 2, lock.descriptor])
    #expect(lock.descriptor >= 64)
  }

  @Test func `signals are as the worker inherited them`() throws {
    signal(SIGHUP, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGUSR1, SIG_DFL)
    defer {
      signal(SIGHUP, SIG_DFL)
      signal(SIGUSR1, SIG_DFL)
    }
    var fixture = HandlerFixture("exec grep Sig /proc/self/status")
    fixture.settings = settingsOfMain(handled: [SIGHUP, SIGINT, SIGTERM, SIGUSR1])
    // What the worker does afterwards is its own affair.
    signal(SIGHUP) { _ in }
    signal(SIGUSR1, SIG_IGN)
    let text = try fixture.run().text
    func set(_ name: String) throws -> UInt64 {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
      return try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
    }
    #expect(try set("SigBlk") == 0)
    #expect(try set("SigIgn") & (1 << 12) == 0, "SIGPIPE is default")
    #expect(try set("SigIgn") & 1 == 1, "an inherited ignore of HUP stays")
    #expect(try set("SigIgn") & (1 << 9) == 0, "USR1 is default")
  }

  @Test func `a handler is the leader of its own group`() throws {
    let result = try HandlerFixture("cut -d' ' -f1,5 /proc/$$/stat; echo $$").run()
    let lines = result.text.split(separator: "\n")
    #expect(lines[0] == "\(lines[1]) \(lines[1])")
  }

  @Test func `a handler dies with the thread that started it`() throws {
    let pids = BlockingQueue<SpawnedProcess>()
    let settings = settingsOfMain(handled: [])
    let program = HandlerFixture("exec sleep 60").program
    let go = StopFlag()
    let thread = try WorkerThread.start {
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      let plan = SpawnPlan(input: null, output: null, error: null)
      let process = try? spawn(ProgramArguments(program), plan, settings)
      if let process { pids.push(process) }
      _ = go.wait(nanoseconds: 10_000_000_000)
    }
    let process = try #require(pids.pop())
    #expect(isRunning(process.pid))
    go.raise()
    thread.join()
    var status: Int32 = 0
    #expect(eventually { waitpid(process.pid, &status, WNOHANG) == process.pid })
    #expect(status & 0x7f == SIGKILL)
    close(process.pidfd)
  }

  @Test func `the descriptor limit is the one the worker was given`() throws {
    var fixture = HandlerFixture("ulimit -n")
    fixture.settings.softLimit = 777
    #expect(try fixture.run().text == "777\n")
  }

  @Test func `a lack of descriptors is waited out until there is a stop`() throws {
    let fixture = HandlerFixture()
    let outcomes = BlockingQueue<HandlerRun.Outcome>()
    let full = StopFlag()
    let thread = try WorkerThread.start {
      // A table of descriptors for this thread alone, filled to its end.
      typealias Unshare = @convention(c) (Int32) -> Int32
      guard
        let run = try? HandlerRun(
          settings: fixture.settings, live: fixture.live, stop: fixture.stop),
        let unshare = dlsym(nil, "unshare"),
        unsafeBitCast(unshare, to: Unshare.self)(0x400) == 0
      else { return }
      while dup(0) >= 0 {}
      full.raise()
      outcomes.push(run.run(ProgramArguments(fixture.program), fixture.request))
    }
    #expect(full.wait(nanoseconds: 10_000_000_000))
    #expect(outcomes.pop(until: MonotonicTime.now() + 60_000_000) == nil)
    fixture.stop.raise()
    thread.join()
    #expect(outcomes.popNow() == .stopped)
  }

  @Test func `two thousand runs leave no descriptor, thread or zombie`() throws {
    @Sendable func entries(_ path: String) -> Int {
      guard let directory = opendir(path) else { return -1 }
      defer { closedir(directory) }
      var count = 0
      while readdir(directory) != nil { count += 1 }
      return count
    }
    let fixture = HandlerFixture()
    let program = Program(path: bytes("/bin/true"), arguments: [bytes("true")], environment: [])
    let seen = BlockingQueue<[Int]>()
    let thread = try WorkerThread.start {
      guard
        let run = try? HandlerRun(
          settings: fixture.settings, live: fixture.live, stop: fixture.stop)
      else { return }
      let given = ProgramArguments(program)
      _ = run.run(given, fixture.request)
      let before = [entries("/proc/thread-self/fd"), entries("/proc/self/task")]
      var good = 0
      for _ in 0..<2000 {
        if case .ended(let report) = run.run(given, fixture.request),
          report.exit == .exited(0)
        {
          good += 1
        }
      }
      seen.push(before)
      seen.push([entries("/proc/thread-self/fd"), entries("/proc/self/task")])
      seen.push([good])
    }
    thread.join()
    let (before, after, good) = (seen.popNow() ?? [], seen.popNow() ?? [1], seen.popNow())
    #expect(good == [2000])
    // Other tests run beside this one: a handful may differ, two thousand may not.
    #expect(abs(after[0] - before[0]) < 40 && abs(after[1] - before[1]) < 40)
    #expect(fixture.live.count == 0)
  }
}
