import CProcess
import Glibc
package import System

/// One run of a handler: spawn → collect → end. A slot keeps one and uses it again and again.
///
/// It is over when the process has exited and what lay in its pipes at that moment is read. A
/// daemon that it left behind holds the pipes as long as it likes; nobody waits for it.
package final class HandlerRun {
  /// What differs from run to run, apart from the arguments.
  package struct Request {
    /// The run's number.
    package var token: UInt64 = 0
    /// Numbers of the tokens that it carries: it ends when one of them is revoked.
    package var carried: [UInt64] = []
    /// The value of `Q_TOKEN`, by which what a killed run left is found; empty: by its group alone.
    package var tokenText: [UInt8] = []
    /// Descriptor of the run lock; -1 for none.
    package var lock: Int32 = -1
    /// Descriptor of the run records and this slot's place in it; -1 for none.
    package var record: Int32 = -1
    package var recordOffset: Int64 = 0
    /// The handler's stdin; nil is `/dev/null`.
    package var input: [UInt8]?
    /// Nanoseconds; nil: as long as it takes.
    package var timeout: UInt64?
    /// Hands lines on as they come; nil: what is written stays in the spools.
    var relay: LineRelay?
    /// Told, once, that the system has been short of something for ``patience``: it is tried again.
    var onShortage: ((SpawnFailure) -> Void)?
    /// Told, once, that something which a killed handler had started does not end: it is waited for.
    var onRemains: (() -> Void)?
    /// Nanoseconds from TERM to KILL.
    package var killAfter: UInt64 = 5_000_000_000

    package init() {}
  }

  package enum Outcome: Equatable, Sendable {
    case ended(RunReport)
    /// Never of kind `shortage`: that is tried again.
    case failed(SpawnFailure)
    /// The stop flag was raised before a process could be had.
    case stopped
  }

  /// What the last run wrote. To hand them over, put fresh ones in their place.
  package var output: Spool
  package var error: Spool

  /// Nanoseconds in which a shortage may pass without a word.
  private static let patience: UInt64 = 1_000_000_000

  private let settings: SpawnSettings
  private let live: LiveRuns
  private let stop: StopFlag
  private let null: FileDescriptor

  /// - Parameter stop: ends the wait for a process when the system is short of something.
  package init(
    settings: SpawnSettings, live: LiveRuns, stop: StopFlag, output: Spool = Spool(),
    error: Spool = Spool()
  ) throws(SystemError) {
    (self.settings, self.live, self.stop) = (settings, live, stop)
    (self.output, self.error) = (output, error)
    null = try FileDescriptor(opening: "/dev/null", O_RDONLY)
  }

  /// Runs the handler to its end; blocks.
  package func run(_ arguments: borrowing ProgramArguments, _ request: Request) -> Outcome {
    output.reset()
    error.reset()
    var pause: UInt64 = 10_000_000
    let first = MonotonicTime.now()
    var onShortage = request.onShortage
    while true {
      do {
        let began = MonotonicTime.now()
        let handles = try start(arguments, request)
        let running = RunningHandler(
          handles, live: live, output: output, error: self.error, relay: request.relay,
          started: began,
          timeout: request.timeout, killAfter: request.killAfter)
        return .ended(running.collect(stop: stop, onDelay: request.onRemains))
      } catch {
        guard error.kind == .shortage else { return .failed(error) }
        if let say = onShortage, MonotonicTime.now() - first > Self.patience {
          say(error)
          onShortage = nil
        }
        if stop.wait(nanoseconds: pause) { return .stopped }
        pause = min(pause * 2, 1_000_000_000)
      }
    }
  }

  private func start(_ arguments: borrowing ProgramArguments, _ request: Request)
    throws(SpawnFailure) -> RunningHandler.Handles
  {
    guard let bytes = request.input else {
      return try start(arguments, request, input: null.number)
    }
    let file = try Self.prepare { () throws(SystemError) in try Self.inputFile(bytes) }
    return try start(arguments, request, input: file.number)
  }

  private func start(
    _ arguments: borrowing ProgramArguments, _ request: Request, input: Int32
  ) throws(SpawnFailure) -> RunningHandler.Handles {
    let out = try Self.prepare { () throws(SystemError) in try Pipe() }
    let err = try Self.prepare { () throws(SystemError) in try Pipe() }
    var plan = SpawnPlan(input: input, output: out.write, error: err.write)
    plan.lock = request.lock
    plan.record = request.record
    plan.recordOffset = request.recordOffset
    plan.token = request.token
    let process = try spawn(arguments, plan, settings)
    live.insert(process.pid, run: request.token, tokens: request.carried)
    return RunningHandler.Handles(
      process: process, output: out, error: err, token: request.token,
      tokenText: request.tokenText)
  }

  private static func prepare<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
  ) throws(SpawnFailure) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw SpawnFailure(stage: .preparation, code: error.code)
    }
  }

  /// Memory without a name, to be read from its beginning.
  private static func inputFile(_ bytes: [UInt8]) throws(SystemError) -> FileDescriptor {
    let file = FileDescriptor(
      owning: try SystemError.check(qp_memory_file("q-input"), "memfd_create"))
    try writeFully(bytes, to: file.number)
    lseek(file.number, 0, SEEK_SET)
    return file
  }
}
