import Glibc
import QueueCore
import System
import Worker

/// A line for each run, in the columns of GNU parallel's `--joblog`; runs of several workers may go to
/// the same file.
///
/// Sendable: a descriptor that never changes, and one `write` a line.
final class JobLog: RunRecorder {
  private static let header =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
  private let path: String
  private let file: FileDescriptor

  /// Opens the file, or makes it, for lines at its end.
  init(_ path: String) throws(CommandError) {
    self.path = path
    do throws(SystemError) {
      file = try FileDescriptor(opening: path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o666)
    } catch {
      throw CommandError(.cannotCreate, "cannot write the job log: \(path): \(error.reason)")
    }
    if (try? file.status(path))?.size == 0 {
      do throws(SystemError) {
        try put(Array(Self.header.utf8))
      } catch {
        throw CommandError(.inputOutput, "cannot write the job log: \(error)")
      }
    }
  }

  var needsOutput: Bool { false }

  func record(_ run: RunFacts, output: Spool, error: Spool) throws(SystemError) {
    var exit: UInt8 = 0
    var signal: UInt8 = 0
    switch run.exit {
    case .exited(let status): exit = status
    case .signalled(let number): signal = number
    case .notStarted: break
    }
    let line = [
      "\(run.ordinal)", ":", Self.seconds(UInt64(max(run.startedAt.microseconds, 0))),
      Self.seconds(run.duration / 1_000), "0", "\(run.outputLength)", "\(exit)", "\(signal)",
    ]
    try put(
      Array((line.joined(separator: "\t") + "\t").utf8) + ShellWords.quoted(run.command)
        + [UInt8(ascii: "\n")])
  }

  func sync() {}

  private func put(_ line: [UInt8]) throws(SystemError) {
    try writeFully(line, to: file.number, path)
  }

  /// Microseconds as seconds with three places.
  private static func seconds(_ microseconds: UInt64) -> String {
    let milliseconds = String(1_000 + microseconds / 1_000 % 1_000).dropFirst()
    return "\(microseconds / 1_000_000).\(milliseconds)"
  }
}
