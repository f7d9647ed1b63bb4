import Glibc

/// The fields of `/proc/PID/stat` that tell one process from another.
struct ProcessStat: Equatable {
  var pid: Int32
  var state: UInt8
  var group: Int32
  var session: Int32
  /// Boot-time ticks, `sysconf(_SC_CLK_TCK)` a second.
  var startTicks: UInt64

  /// A zombie has ended; only its number is still taken.
  var isLive: Bool { state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") }

  /// nil where it is not such a line. The name, second and in parentheses, may hold anything,
  /// `) R 1 (` included: the fields begin after the last `)`.
  init?(_ line: UnsafeRawBufferPointer) {
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

  /// Whether this process can be the leader that wrote `record`: it began before the record was
  /// written, to the tick. A later owner of the same number did not.
  func isLeader(of record: RunRecord, ticksPerSecond: UInt64) -> Bool {
    pid == record.pid && group == record.pid
      && startTicks <= Self.ticks(roundingUp: record.started, ticksPerSecond)
  }

  static func ticks(roundingUp nanoseconds: UInt64, _ perSecond: UInt64) -> UInt64 {
    let tick = 1_000_000_000 / perSecond
    return (nanoseconds + tick - 1) / tick
  }
}
