import CProcess
import Glibc
import QueueCore
import System
import Testing

@testable import Worker

/// Runs `/bin/sh -c script` on a thread made for it, as a slot does.
struct HandlerFixture {
  var script = ":"
  var path = Array("/bin/sh".utf8)
  var arguments: [[UInt8]]?
  /// What is left of a run is known by the tests' own variable.
  var environment: [[UInt8]] = [
    Array("PATH=/bin:/usr/bin".utf8),
    Array("TEST_RUN=\(getenv("TEST_RUN").map { String(cString: $0) } ?? "")".utf8),
  ]
  var extraArguments: [[UInt8]] = []
  var extraEnvironment: [([UInt8], [UInt8])] = []
  var request = HandlerRun.Request()
  var settings = settingsOfMain(handled: [SIGINT, SIGTERM])
  var live = LiveRuns()
  var stop = StopFlag()
  var bound = Spool.defaultBound

  /// @unchecked Sendable: the thread of the run hands it on, and looks at it no more.
  struct Result: @unchecked Sendable {
    var outcome: HandlerRun.Outcome
    var output, error: Spool

    var text: String { String(decoding: output.bytes, as: UTF8.self) }
    var report: RunReport? {
      if case .ended(let report) = outcome { report } else { nil }
    }
  }

  init(_ script: String = ":") { self.script = script }

  func run() throws -> Result {
    let results = BlockingQueue<Result>()
    let thread = try WorkerThread.start { [self] in
      guard
        let run = try? HandlerRun(
          settings: settings, live: live, stop: stop, output: Spool(bound: bound),
          error: Spool(bound: bound))
      else { return }
      var given = ProgramArguments(program)
      for argument in extraArguments { given.append(argument: argument) }
      for (name, value) in extraEnvironment { given.append(environment: name, value) }
      let outcome = run.run(given, request)
      results.push(Result(outcome: outcome, output: run.output, error: run.error))
    }
    thread.join()
    return try #require(results.popNow())
  }

  var program: Program {
    Program(
      path: path, arguments: arguments ?? ["sh", "-c", script].map { Array($0.utf8) },
      environment: environment)
  }
}

/// The request and settings cross to the fixture's thread; nobody changes them meanwhile.
extension HandlerFixture: @unchecked Sendable {}

/// As a main thread would capture them: tests run on Dispatch's threads, which block signals.
func settingsOfMain(handled: [Int32]) -> SpawnSettings {
  var settings = SpawnSettings.capture(handled: handled)
  sigemptyset(&settings.mask)
  return settings
}

/// Whether `condition` comes true within `seconds`.
func eventually(_ seconds: Double = 10, _ condition: () -> Bool) -> Bool {
  let end = MonotonicTime.now() + UInt64(seconds * 1e9)
  while !condition() {
    if MonotonicTime.now() > end { return false }
    usleep(2000)
  }
  return true
}

func isRunning(_ pid: Int32) -> Bool {
  var reader = ProcFiles()
  return reader.stat(of: pid)?.isLive ?? false
}

func temporaryDirectory() -> String {
  let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  var template = Array("\(place)/q-worker-tests.XXXXXX".utf8CString)
  _ = mkdtemp(&template)
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func emptyFile(_ path: String) { close(open(path, O_CREAT | O_RDWR, 0o600)) }
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension Claim {
  /// A claim whose token has this number, of an item of that name or another.
  static func numbered(_ number: UInt64, id: String? = nil) -> Claim {
    let key = ItemKey(queue: 1, priority: 0, sequence: number)
    return Claim(
      token: Token(number: number, key: key, incarnation: 1),
      id: ItemID(unchecked: Array((id ?? "\(number)").utf8)), payload: nil, tally: Tally(),
      since: Timestamp(microseconds: 0))
  }
}
