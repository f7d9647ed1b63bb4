import CProcess
import Glibc
import System

/// A handler that did not start.
package struct SpawnFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// ENOENT, ENOTDIR: no such program, or no interpreter for its `#!`.
    case notFound
    /// EACCES, EPERM, EISDIR.
    case notExecutable
    /// ENOEXEC: no `#!` line and no binary format; nothing of it was run.
    case notAProgram
    /// E2BIG: this item's arguments and environment are too long.
    case tooLong
    /// EAGAIN, ENOMEM, EMFILE, ENFILE: worth another try.
    case shortage
    case other
  }

  /// Where the start ended.
  package enum Stage: Int32, Sendable {
    case fork = 1
    case signals, group, parent, record, descriptors, limit, exec
    /// Before there was a child: pipes, the file with the payload.
    case preparation
  }

  package var stage: Stage
  /// The `errno`.
  package var code: Int32

  package var kind: Kind {
    switch (code, stage) {
    case (EAGAIN, _), (ENOMEM, _), (EMFILE, _), (ENFILE, _): .shortage
    case (ENOENT, .exec), (ENOTDIR, .exec): .notFound
    case (EACCES, .exec), (EPERM, .exec), (EISDIR, .exec): .notExecutable
    case (ENOEXEC, .exec): .notAProgram
    case (E2BIG, .exec): .tooLong
    default: .other
    }
  }
}

/// What one start is given apart from the program.
package struct SpawnPlan {
  /// Become the handler's 0, 1 and 2.
  package var input, output, error: Int32
  /// The run lock's descriptor, kept open; or -1.
  package var lock: Int32 = -1
  /// The descriptor and place of this slot's run record; -1 for none.
  package var record: Int32 = -1
  package var recordOffset: Int64 = 0
  package var token: UInt64 = 0

  package init(input: Int32, output: Int32, error: Int32) {
    (self.input, self.output, self.error) = (input, output, error)
  }
}

/// A process that was started and not yet reaped.
package struct SpawnedProcess: Equatable, Sendable {
  /// Also its process group.
  package var pid: Int32
  /// Readable once it has exited; to be closed by who reaps.
  package var pidfd: Int32
}

/// Starts `arguments.program` as the leader of its own process group, to be killed if the calling
/// thread ends. The caller has all signals blocked (``WorkerThread``).
package func spawn(
  _ arguments: borrowing ProgramArguments, _ plan: SpawnPlan, _ settings: SpawnSettings
) throws(SpawnFailure) -> SpawnedProcess {
  var result = qp_spawn_result()
  withUnsafePointer(to: settings.reset.raw) { reset in
    withUnsafePointer(to: settings.ignore.raw) { ignore in
      withUnsafePointer(to: settings.mask) { mask in
        var request = qp_spawn_request()
        request.path = UnsafePointer(arguments.program.pathPointer)
        request.argv = arguments.argv.pointers
        request.envp = arguments.envp.pointers
        request.input = plan.input
        request.output = plan.output
        request.error = plan.error
        request.lock = plan.lock
        request.record = plan.record
        request.record_offset = plan.recordOffset
        request.token = plan.token
        request.session = settings.session
        request.restore_nofile = 1
        request.nofile_soft = settings.softLimit
        request.nofile_hard = settings.hardLimit
        request.reset = reset
        request.ignore = ignore
        request.mask = mask
        _ = qp_spawn(&request, &result)
      }
    }
  }
  if result.error != 0 {
    throw SpawnFailure(stage: .init(rawValue: result.stage) ?? .fork, code: result.error)
  }
  return SpawnedProcess(pid: result.pid, pidfd: result.pidfd)
}
