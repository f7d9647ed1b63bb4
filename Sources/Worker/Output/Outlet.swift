import Glibc
import System

/// One of the worker's standard streams, as one handler's output goes to it.
struct Outlet {
  private static let bufferSize = 64 * 1024
  let descriptor: Int32
  let tag: [UInt8]?
  let endsLines: Bool
  let stop: StopFlag
  private var isAtLineStart = true
  private var buffer: [UInt8] = []

  init(_ descriptor: Int32, _ form: OutputForm, id: [UInt8], stop: StopFlag) {
    self.descriptor = descriptor
    tag = form.tag(id)
    endsLines = form.endsLines
    self.stop = stop
  }

  /// Throws when the stream takes no more, or ECANCELED when the stop flag is raised while it takes
  /// nothing.
  mutating func put(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    guard let last = bytes.last else { return }
    guard let tag else {
      isAtLineStart = last == UInt8(ascii: "\n")
      return try writeFully(bytes, to: descriptor, stop: stop)
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      if isAtLineStart { buffer += tag }
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
      buffer += rest[..<(end ?? rest.endIndex)]
      isAtLineStart = end != nil
      rest = rest[(end ?? rest.endIndex)...]
      if buffer.count >= Self.bufferSize { try flush() }
    }
    try flush()
  }

  /// Ends the last line where that is asked for.
  mutating func finish() throws(SystemError) {
    guard endsLines, !isAtLineStart else { return }
    buffer.append(UInt8(ascii: "\n"))
    isAtLineStart = true
    try flush()
  }

  private mutating func flush() throws(SystemError) {
    defer { buffer.removeAll(keepingCapacity: true) }
    try writeFully(buffer, to: descriptor, stop: stop)
  }
}

/// What hands a stream's bytes on, a part at a time.
typealias OutputParts = ((UnsafeRawBufferPointer) throws(SystemError) -> Void) throws(SystemError)
  ->
  Void

extension OutputGate {
  /// Writes a handler's errors and output, whole. A standard error that is closed loses its part,
  /// and nothing else.
  func emit(
    _ output: OutputParts, _ error: OutputParts, of id: [UInt8], _ form: OutputForm, stop: StopFlag
  ) throws(SystemError) {
    try whileAlone { () throws(SystemError) in
      try? Self.put(error, Outlet(STDERR_FILENO, form, id: id, stop: stop))
      if form.hidesOutput { return }
      try Self.put(output, Outlet(STDOUT_FILENO, form, id: id, stop: stop))
    }
  }

  /// The same of what a spool holds.
  func emit(
    _ output: Spool, _ error: Spool, of id: [UInt8], _ form: OutputForm, stop: StopFlag
  ) throws(SystemError) {
    guard output.count > 0 || error.count > 0 else { return }
    try emit(
      { (body) throws(SystemError) in try output.forEachPart(body) },
      { (body) throws(SystemError) in try error.forEachPart(body) }, of: id, form, stop: stop)
  }

  private static func put(_ parts: OutputParts, _ outlet: consuming Outlet) throws(SystemError) {
    var outlet = outlet
    try parts { (part) throws(SystemError) in try outlet.put(part) }
    try outlet.finish()
  }
}
