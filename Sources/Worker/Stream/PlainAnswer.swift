import QueueCore

extension Answer {
  /// The longest note that is kept, in bytes.
  static let longestNote = Control.maximumNote

  /// Reads `STATUS`, or `STATUS TAB NOTE`.
  init(plain line: UnsafeRawBufferPointer) throws(GarbledAnswer) {
    var status = 0
    var digits = 0
    for byte in line {
      guard byte &- UInt8(ascii: "0") < 10, digits < 3 else { break }
      status = status * 10 + Int(byte - UInt8(ascii: "0"))
      digits += 1
    }
    guard digits > 0, status <= 255,
      digits == line.count || line[digits] == UInt8(ascii: "\t")
    else {
      throw GarbledAnswer("not an exit status from 0 to 255: \(Self.shown(line))")
    }
    self.init(status: UInt8(status))
    if digits < line.count { note = Array(line[(digits + 1)...].prefix(Self.longestNote)) }
  }

  /// What is shown of a line that is no answer.
  static func shown(_ line: UnsafeRawBufferPointer) -> String {
    line.isEmpty
      ? "an empty line"
      : VisibleText.escaped(Array(line.prefix(60))) + (line.count > 60 ? "..." : "")
  }
}
