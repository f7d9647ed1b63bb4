import Glibc

/// A system call that failed, and what on.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried: the call as the C library names it, or a verb.
  package var call: String
  /// What it was about: a path, an id, a number.
  package var subject: String
  /// The `errno`.
  package var code: Int32

  /// `code` is that of the call which failed last, unless it is given.
  package init(_ call: String, _ subject: String = "", code: Int32 = errno) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The words of the C library for `code`.
  package var reason: String { Self.reason(code) }

  package static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

  package var description: String {
    "\(call): \(subject.isEmpty ? "" : "\(subject): ")\(reason)"
  }

  /// The answer of the C shim (`-errno` on failure), or this error.
  @discardableResult
  package static func check(
    _ answer: Int32, _ call: String, _ subject: @autoclosure () -> String = ""
  ) throws(SystemError) -> Int32 {
    if answer < 0 { throw SystemError(call, subject(), code: -answer) }
    return answer
  }
}
