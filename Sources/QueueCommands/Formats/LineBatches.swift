import Glibc
import QueueCore

/// Why a line of input is not taken.
struct BadLine: Error, Equatable {
  var why: String
}

/// Lines of standard input that come in batches: when there are enough, or no more come for a moment.
struct LineBatches {
  /// Who reads them, for messages.
  var command: String
  /// What ends a line.
  var separator: UInt8
  /// The longest line, in bytes.
  var limit: Int
  /// Why a longer one is not taken.
  var tooLong: String

  private static let patience: Duration = .milliseconds(50)
  private static let largestBytes = 64 << 20
  private static let named: UInt64 = 20

  /// Hands over what `read` makes of the lines, empty ones left out. Gives back how many were bad; each
  /// was named, up to a bound.
  func forEach<Element>(
    _ read: (ArraySlice<UInt8>) throws(BadLine) -> Element, _ body: ([Element]) throws -> Void
  ) throws -> UInt64 {
    var reader = LineReader(
      STDIN_FILENO, name: "standard input", separator: separator, limit: limit)
    var batch: [Element] = []
    var bytes = 0
    var deadline: ContinuousClock.Instant?
    var bad: UInt64 = 0
    func refuse(_ number: UInt64, _ why: String) {
      bad += 1
      if bad <= Self.named {
        say("\(command): bad line \(number): \(why)")
      } else if bad == Self.named + 1 {
        say("\(command): further bad lines are counted, not named")
      }
    }
    while true {
      let next = try reader.next(until: deadline)
      switch next {
      case .line(let line) where line.isEmpty: break
      case .line(let line):
        do throws(BadLine) {
          batch.append(try read(line))
          bytes += line.count
        } catch {
          refuse(reader.number, error.why)
        }
        if deadline == nil { deadline = .now + Self.patience }
      case .tooLong: refuse(reader.number, tooLong)
      case .pause, .end: break
      }
      switch next {
      case .pause, .end: break
      default: if batch.count < Turn.maximumItems, bytes < Self.largestBytes { continue }
      }
      if !batch.isEmpty { try body(batch) }
      batch.removeAll(keepingCapacity: true)
      bytes = 0
      deadline = nil
      if case .end = next { return bad }
    }
  }
}
