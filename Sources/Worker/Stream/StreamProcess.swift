import Glibc
import QueueCore
import System

/// A process of a handler that streams, with the worker's ends of its pipes. It is a group of its own,
/// holds the lock of its run, and is to be reaped.
struct StreamProcess: ~Copyable {
  let process: SpawnedProcess
  /// Nonblocking.
  /// nil: it was closed.
  var input: FileDescriptor?
  let output: FileDescriptor
  let error: FileDescriptor

  /// Starts one; its pipes are its own alone.
  init(
    _ arguments: borrowing ProgramArguments, name: RunName, lock: Int32, record: Int32, slot: Int,
    _ settings: SpawnSettings, _ live: LiveRuns
  ) throws(SpawnFailure) {
    let input = try Self.pipe(blocksReaders: true, blocksWriters: false)
    let output = try Self.pipe(blocksReaders: false, blocksWriters: true)
    let error = try Self.pipe(blocksReaders: false, blocksWriters: true)
    var plan = SpawnPlan(input: input.read, output: output.write, error: error.write)
    plan.lock = lock
    plan.record = record
    plan.recordOffset = RunRecords.offset(slot: slot)
    plan.token = name.number
    process = try spawn(arguments, plan, settings)
    live.insert(process.pid, run: name.number, tokens: [])
    // What the handler has is closed here: so each side sees the other's end.
    self.input = input.writer()
    self.output = output.reader()
    self.error = error.reader()
  }

  /// -1 when it was closed.
  var inputNumber: Int32 {
    switch input {
    case .some(let input): input.number
    case .none: -1
    }
  }

  private static func pipe(
    blocksReaders: Bool, blocksWriters: Bool
  ) throws(SpawnFailure) -> Pipe {
    do throws(SystemError) {
      return try Pipe(blocksReaders: blocksReaders, blocksWriters: blocksWriters)
    } catch {
      throw SpawnFailure(stage: .preparation, code: error.code)
    }
  }
}
