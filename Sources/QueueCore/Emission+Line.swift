extension Emission {
  /// A line that is no item.
  package struct BadLine: Error, Equatable {
    package let why: String

    package init(why: String) { self.why = why }
  }

  /// Reads `ID`, or `ID TAB PAYLOAD`.
  package init(line: ArraySlice<UInt8>, to queue: QueueName) throws(BadLine) {
    let tab = line.firstIndex(of: UInt8(ascii: "\t"))
    guard let id = ItemID(Array(line[..<(tab ?? line.endIndex)])) else {
      throw BadLine(why: "an id is 1 to 65,535 bytes without NUL")
    }
    let payload = tab.map { Array(line[($0 + 1)...]) }
    guard payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      throw BadLine(why: "its payload is over 16 MiB")
    }
    self.init(queue: queue, id: id, payload: payload)
  }

  /// Bytes of the id and the payload.
  package var size: Int { id.bytes.count + (payload?.count ?? 0) }
}

/// What a handler's standard output emits, a line each, as it comes in parts.
package struct EmittedLines {
  private let queue: QueueName
  private let separator: UInt8
  private var line: [UInt8] = []
  private var number = 1
  private var bytes = 0
  package private(set) var emitted: [Emission] = []

  package init(to queue: QueueName, separator: UInt8) {
    (self.queue, self.separator) = (queue, separator)
  }

  /// Reads the next bytes. Throws what is wrong with a line.
  package mutating func read(_ part: UnsafeRawBufferPointer) throws(Emission.BadLine) {
    var rest = part[...]
    while let end = rest.firstIndex(of: separator) {
      try append(rest[..<end])
      try endLine()
      rest = rest[(end + 1)...]
    }
    try append(rest)
  }

  /// Takes a last line without its end.
  package mutating func finish() throws(Emission.BadLine) {
    if !line.isEmpty { try endLine() }
  }

  private mutating func append(_ part: Slice<UnsafeRawBufferPointer>) throws(Emission.BadLine) {
    line += part
    guard bytes + line.count <= Emission.maximumBytes else { throw tooMany }
  }

  private mutating func endLine() throws(Emission.BadLine) {
    defer { number += 1 }
    // Empty lines are nothing, as with q-enqueue.
    guard !line.isEmpty else { return }
    let emission: Emission
    do throws(Emission.BadLine) {
      emission = try Emission(line: line[...], to: queue)
    } catch {
      throw Emission.BadLine(why: "emit: line \(number): \(error.why)")
    }
    line.removeAll(keepingCapacity: true)
    emitted.append(emission)
    bytes += emission.size
    guard emitted.count <= Emission.maximumCount else { throw tooMany }
  }

  private var tooMany: Emission.BadLine {
    Emission.BadLine(why: "emit: line \(number): it emits \(Emission.tooMany)")
  }
}
