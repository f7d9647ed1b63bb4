import ArgumentParser
import Glibc
import QueueCore
import System
import Worker

// What the values of options mean; what each of them looks like is in `InvalidValue`.

/// A duration: a number with `ms`, `s`, `m`, `h` or `d`; bare means seconds.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init?(argument: String) {
    guard let duration = Duration(text: argument) else { return nil }
    self.duration = duration
  }
}

/// A range of durations: `BASE..MAX`.
struct DurationRangeArgument: ExpressibleByArgument {
  var range: ClosedRange<Duration>

  init?(argument: String) {
    guard let dots = argument.firstRange(of: ".."),
      let lower = Duration(text: String(argument[..<dots.lowerBound])),
      let upper = Duration(text: String(argument[dots.upperBound...])), lower <= upper
    else { return nil }
    range = lower...upper
  }
}

/// How many handlers at once: a number, or `auto`.
enum WorkersArgument: ExpressibleByArgument {
  case number(Int)
  case auto

  init?(argument: String) {
    guard argument != "auto" else {
      self = .auto
      return
    }
    guard let number = Int(argument) else { return nil }
    self = .number(number)
  }

  /// The number, where one is given.
  var number: Int? { if case .number(let number) = self { number } else { nil } }
}

/// How many items a process: a number, or `auto`.
struct ItemsArgument: ExpressibleByArgument {
  /// nil: found by trying.
  var count: Int?

  init?(argument: String) {
    guard argument != "auto" else { return }
    guard let number = Int(argument) else { return nil }
    count = number
  }
}

/// A pool: `NAME=VALUE,VALUE` or `NAME=@FILE`.
struct PoolArgument: ExpressibleByArgument {
  var name: String
  private var text: String

  init?(argument: String) {
    guard let mark = argument.firstIndex(of: "=") else { return nil }
    (name, text) = (String(argument[..<mark]), String(argument[argument.index(after: mark)...]))
    guard !text.isEmpty, Pool.isName(name) else { return nil }
  }

  /// What stands there, or in the file: a value a line, empty ones passed over.
  func values() throws -> [[UInt8]] {
    guard text.hasPrefix("@") else {
      return text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map(Array.init)
    }
    let path = String(text.dropFirst())
    do throws(SystemError) {
      let file = try FileDescriptor(opening: path, O_RDONLY)
      let bytes = try readToEnd(of: file.number, limit: 64 << 20, path)
      return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
    } catch {
      throw CommandError(.noInput, "cannot read the values of the pool \(name): \(error)")
    }
  }
}

/// A size in bytes: a number with `K`, `M`, `G` or `T`, in powers of 1,024.
struct SizeArgument: ExpressibleByArgument {
  var bytes: UInt64

  init?(argument: String) {
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = argument.last.flatMap { units[Character($0.uppercased())] }
    let number = unit == nil ? argument[...] : argument.dropLast()
    guard let value = Double(number), value > 0, number.allSatisfy({ $0.isNumber || $0 == "." })
    else { return nil }
    let size = value * Double(unit ?? 1)
    guard size >= 1, size < 0x1p62 else { return nil }
    bytes = UInt64(size)
  }
}

/// A queue.
struct QueueArgument: ExpressibleByArgument {
  var name: QueueName

  init?(argument: String) {
    guard let name = QueueName(argument) else { return nil }
    self.name = name
  }
}

/// A reader of results.
struct ReaderArgument: ExpressibleByArgument {
  var name: ReaderName

  init?(argument: String) {
    guard let name = ReaderName(argument) else { return nil }
    self.name = name
  }
}

/// Permissions, in octal.
struct ModeArgument: ExpressibleByArgument {
  var mode: UInt32

  /// Without all rights its owner could not use the store; no other bit means anything to a directory
  /// of one's own.
  init?(argument: String) {
    guard argument.utf8.count <= 5, let mode = UInt32(argument, radix: 8), mode & ~0o2777 == 0,
      mode & 0o700 == 0o700
    else { return nil }
    self.mode = mode
  }
}

/// A rate: `60/m`, `5/s`, `2/500ms`; a bare number is for each second.
struct RateArgument: ExpressibleByArgument {
  var rate: Rate

  init?(argument: String) {
    let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let count = UInt32(parts[0]),
      let period = Self.period(parts.count == 2 ? parts[1] : "s"),
      let rate = Rate(count: count, per: period)
    else { return nil }
    self.rate = rate
  }

  /// What stands behind the stroke.
  static func period(_ text: Substring) -> Duration? {
    let isUnit = ["ms", "s", "m", "h", "d"].contains(text)
    return Duration(text: (isUnit ? "1" : "") + text)
  }

  /// A rate as it is given.
  static func text(_ rate: Rate) -> String { "\(rate.count)/\(text(ofPeriod: rate.period))" }

  static func text(ofPeriod period: Duration) -> String {
    let text = period.text
    return ["1s", "1m", "1h", "1d"].contains(text) ? String(text.dropFirst()) : text
  }
}

/// How much of a unit in what time: `80k/m`, `0.5/h`.
struct UnitRateArgument: ExpressibleByArgument {
  var rate: UnitRate

  init?(argument: String) {
    let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let amount = Amount(shortened: parts[0]),
      let period = RateArgument.period(parts.count == 2 ? parts[1] : "s"),
      let rate = UnitRate(amount, per: period)
    else { return nil }
    self.rate = rate
  }

  /// A rate as it is given.
  static func text(_ rate: UnitRate) -> String {
    rate.amount.text + "/" + RateArgument.text(ofPeriod: rate.period)
  }
}

/// An amount of a unit: `usd=0.02`.
struct AmountArgument: ExpressibleByArgument {
  var unit: UnitName
  var amount: Amount

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let unit = UnitName(String(parts[0])),
      let amount = Amount(shortened: parts[1])
    else { return nil }
    (self.unit, self.amount) = (unit, amount)
  }
}

extension [AmountArgument] {
  /// All of them; throws when a unit is there twice, or when there are too many.
  func amounts(of option: String) throws -> Amounts {
    guard count <= Amounts.mostUnits else {
      throw ValidationError("\(option) may stand \(Amounts.mostUnits) times at most")
    }
    var amounts: Amounts = [:]
    for argument in self {
      guard amounts.updateValue(argument.amount, forKey: argument.unit) == nil else {
        throw ValidationError("\(option) \(argument.unit) is there twice: add the amounts up")
      }
    }
    return amounts.filter { $0.value > .zero }
  }
}

/// A status.
struct StatusArgument: ExpressibleByArgument {
  var status: Status

  init?(argument: String) {
    guard let status = Status(rawValue: argument) else { return nil }
    self.status = status
  }

  static var allValueStrings: [String] { Status.allCases.map(\.rawValue) }
}

/// By what items are handled.
struct RecipeArgument: ExpressibleByArgument {
  var recipe: Recipe

  init?(argument: String) {
    guard let recipe = Recipe(argument) else { return nil }
    self.recipe = recipe
  }
}

/// What becomes of a known item with another payload.
struct OnChangeArgument: ExpressibleByArgument {
  var changed: KnownItems.Changed

  init?(argument: String) {
    guard let changed = KnownItems.Changed(rawValue: argument) else { return nil }
    self.changed = changed
  }

  static var allValueStrings: [String] { KnownItems.Changed.allCases.map(\.rawValue) }
}

/// What becomes of an item from elsewhere whose id is known.
struct ConflictArgument: ExpressibleByArgument {
  var conflict: Conflict

  init?(argument: String) {
    guard let conflict = Conflict(rawValue: argument) else { return nil }
    self.conflict = conflict
  }

  static var allValueStrings: [String] { Conflict.allCases.map(\.rawValue) }
}

/// How a claim by lease ends.
enum OutcomeArgument: String, ExpressibleByArgument, CaseIterable {
  case done, failed, deferred, released
}

/// Exit statuses: `1-9,75`.
struct ExitListArgument: ExpressibleByArgument {
  var list: ExitList

  init?(argument: String) {
    guard let list = ExitList(argument) else { return nil }
    self.list = list
  }
}

extension HaltPolicy: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension OutputKeeping: ExpressibleByArgument {}
extension HandlerShape.Stream.Form: ExpressibleByArgument {}
