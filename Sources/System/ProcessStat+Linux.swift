/// The fields of `/proc/PID/stat` that tell one process from another.
package struct ProcessStat: Equatable {
  package var pid: Int32
  package var state: UInt8
  package var group: Int32
  package var session: Int32
  /// Boot-time ticks, `sysconf(_SC_CLK_TCK)` a second.
  package var startTicks: UInt64

  /// A zombie has ended; only its number is still taken.
  package var isLive: Bool { state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") }

  /// By a signal or a debugger.
  package var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }

  /// nil where it is not such a line. The name, second and in parentheses, may hold anything,
  /// `) R 1 (` included: the fields begin after the last `)`.
  package init?(_ line: UnsafeRawBufferPointer) {
    guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return nil }
    var number: UInt64 = 0
    for byte in line.prefix(while: { $0 != UInt8(ascii: " ") }) {
      number = number &* 10 &+ UInt64(byte &- 48)
    }
    pid = Int32(truncatingIfNeeded: number)
    state = line[end + 2]
    // Fields count from 1: the state is the third.
    var values: (UInt64, UInt64, UInt64) = (0, 0, 0)
    var field = 3
    number = 0
    for byte in line[(end + 2)...] {
      if byte == UInt8(ascii: " ") || byte == 10 {
        switch field {
        case 5: values.0 = number
        case 6: values.1 = number
        case 22: values.2 = number
        default: break
        }
        if field == 22 { break }
        field += 1
        number = 0
      } else {
        number = number &* 10 &+ UInt64(byte &- 48)
      }
    }
    guard field >= 22 else { return nil }
    group = Int32(truncatingIfNeeded: values.0)
    session = Int32(truncatingIfNeeded: values.1)
    startTicks = values.2
  }
}
