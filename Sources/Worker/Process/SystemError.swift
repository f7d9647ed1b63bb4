import Glibc

/// A system call that failed, and what on.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, as the C library names it.
  package var call: String
  /// What it was about: a path, an id, a number.
  package var subject: String
  /// The `errno`.
  package var code: Int32

  package init(_ call: String, _ subject: String = "", code: Int32) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  package var description: String {
    "\(call): \(subject.isEmpty ? "" : "\(subject): ")\(String(cString: strerror(code)))"
  }

  /// The answer of a shim (`-errno` on failure), or this error.
  static func check(_ answer: Int32, _ call: String, _ subject: String = "") throws(SystemError)
    -> Int32
  {
    if answer < 0 { throw SystemError(call, subject, code: -answer) }
    return answer
  }
}
