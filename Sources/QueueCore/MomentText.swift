/// A moment as people write it: RFC 3339, or the next time that the clock shows so much.
public enum MomentText: Hashable, Sendable {
  /// `2026-11-27T14:30:00Z`, with any offset and fraction.
  case moment(Timestamp)
  /// `14:30`, or `14:30:15`: in seconds since midnight, by the clock of wherever it is read.
  case timeOfDay(seconds: Int)

  /// Reads one; nil when the text is none.
  public init?(_ text: String) {
    var reader = Digits(rest: Array(text.utf8)[...])
    if let seconds = reader.timeOfDay(secondsNeeded: false), reader.rest.isEmpty {
      self = .timeOfDay(seconds: seconds)
      return
    }
    reader = Digits(rest: Array(text.utf8)[...])
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
      reader.take("-"), let day = reader.number(2), 1...12 ~= month,
      1...Self.days(month, of: year) ~= day,
      reader.take("T") || reader.take("t") || reader.take(" "),
      let seconds = reader.timeOfDay(secondsNeeded: true),
      let fraction = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty
    else { return nil }
    let since = (Self.daysSinceEpoch(year, month, day) * 86_400 + seconds - offset) * 1_000_000
    self = .moment(Timestamp(microseconds: Int64(since + fraction)))
  }

  private static func days(_ month: Int, of year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let past = year - 1
    let years = past * 365 + past / 4 - past / 100 + past / 400
    // 719,162 days before 1970-01-01.
    return years - 719_162 + (1..<month).reduce(day - 1) { $0 + days($1, of: year) }
  }

  /// The digits of a text, and what stands between them.
  private struct Digits {
    var rest: ArraySlice<UInt8>

    mutating func take(_ mark: Character) -> Bool {
      guard rest.first == mark.asciiValue else { return false }
      rest = rest.dropFirst()
      return true
    }

    /// A number of exactly so many digits.
    mutating func number(_ count: Int) -> Int? {
      let digits = rest.prefix(count)
      guard digits.count == count, digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
      rest = rest.dropFirst(count)
      return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// `HH:MM`, `HH:MM:SS`. A leap second is the one before it.
    mutating func timeOfDay(secondsNeeded: Bool) -> Int? {
      guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else {
        return nil
      }
      guard take(":") else { return secondsNeeded ? nil : (hour * 60 + minute) * 60 }
      guard let second = number(2), second <= 60 else { return nil }
      return (hour * 60 + minute) * 60 + min(second, 59)
    }

    /// Microseconds; 0 without any.
    mutating func fraction() -> Int? {
      guard take(".") else { return 0 }
      let digits = rest.prefix { $0 &- 48 < 10 }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      let six = Array(digits.prefix(6)) + Array(repeating: 48, count: max(0, 6 - digits.count))
      return six.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
      if take("Z") || take("z") { return 0 }
      let isWest = take("-")
      guard isWest || take("+"), let hour = number(2), take(":"), let minute = number(2),
        hour < 24, minute < 60
      else { return nil }
      return (hour * 60 + minute) * (isWest ? -60 : 60)
    }
  }
}
