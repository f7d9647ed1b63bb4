import Glibc
import System

/// Hands on each line of a run as soon as it is whole. One run's; used by its slot's thread alone.
final class LineRelay {
  private let gate: OutputGate
  private let form: OutputForm
  private let id: [UInt8]
  private let stop: StopFlag
  /// Whether what was handed on stays in the spool.
  private let keeps: Bool
  private var passed: [Int32: Int] = [:]
  /// Why standard output took no more: the rest stays in the spool.
  private(set) var failure: SystemError?

  init(_ gate: OutputGate, _ form: OutputForm, id: [UInt8], keeps: Bool, stop: StopFlag) {
    (self.gate, self.form, self.id, self.keeps, self.stop) = (gate, form, id, keeps, stop)
  }

  /// Hands on the lines that end in the `newest` bytes of a stream, and what is before them.
  func pass(_ spool: Spool, to descriptor: Int32, newest: Int) {
    guard let end = spool.lineEnd(inNewest: newest) else { return }
    pass(spool, to: descriptor, end: end)
  }

  /// Hands on what is left, and ends a line that has no end.
  func finish(_ output: Spool, _ error: Spool) {
    pass(error, to: STDERR_FILENO, end: error.count)
    pass(output, to: STDOUT_FILENO, end: output.count)
  }

  private func pass(_ spool: Spool, to descriptor: Int32, end: Int) {
    if descriptor == STDOUT_FILENO, form.hidesOutput { return }
    let start = passed[descriptor] ?? 0
    guard failure == nil, start < end else { return }
    do throws(SystemError) {
      try gate.whileAlone { () throws(SystemError) in
        var outlet = Outlet(descriptor, form, id: id, stop: stop)
        try spool.forEachPart(from: start, to: end) { (part) throws(SystemError) in
          try outlet.put(part)
        }
        try outlet.finish()
      }
    } catch {
      if descriptor == STDOUT_FILENO { failure = error }
    }
    if keeps {
      passed[descriptor] = end
    } else {
      spool.drop(first: end)
    }
  }
}
