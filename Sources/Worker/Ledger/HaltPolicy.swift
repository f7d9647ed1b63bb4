import QueueCore

/// When items that fail for good end the run: `soon,fail=3`, `now,fail=10%`.
package struct HaltPolicy: Equatable, Sendable {
  /// What becomes of the handlers that run.
  package enum When: String, Sendable {
    /// They end by themselves; no more are started.
    case soon
    /// They are ended, and their items go back.
    case now
  }

  package enum Limit: Equatable, Sendable {
    /// So many items.
    case count(UInt64)
    /// This part of the items that ended, in percent, once ``smallestSample`` have.
    case percent(UInt64)
  }

  /// How many items have to end before a percentage says anything.
  package static let smallestSample: UInt64 = 20

  package var when: When
  package var limit: Limit

  /// Reads one; nil when the text is none.
  package init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, let when = When(rawValue: String(parts[0])),
      parts[1].hasPrefix("fail=")
    else { return nil }
    self.when = when
    let number = parts[1].dropFirst("fail=".count)
    guard number.utf8.allSatisfy({ UInt8(ascii: "%")...UInt8(ascii: "9") ~= $0 }) else {
      return nil
    }
    if number.hasSuffix("%") {
      guard let percent = UInt64(number.dropLast()), 1...100 ~= percent else { return nil }
      limit = .percent(percent)
    } else {
      guard let count = UInt64(number), count > 0 else { return nil }
      limit = .count(count)
    }
  }

  /// Whether the run is to end.
  func isReached(_ sample: Sample) -> Bool {
    switch limit {
    case .count(let count): sample.failed >= count
    case .percent(let percent):
      sample.ended >= Self.smallestSample && sample.failed * 100 >= percent * sample.ended
    }
  }

  /// Items that ended.
  struct Sample {
    var ended: UInt64 = 0
    var failed: UInt64 = 0

    var hasSucceeded: Bool { ended > failed }

    /// Notes how a run ended; `isEnd`: it was its item's last.
    mutating func note(_ outcome: Outcome, isEnd: Bool) {
      guard isEnd else { return }
      if outcome == .succeeded { ended += 1 } else { note(failed: 1) }
    }

    mutating func note(failed count: Int) {
      ended += UInt64(count)
      failed += UInt64(count)
    }
  }
}
