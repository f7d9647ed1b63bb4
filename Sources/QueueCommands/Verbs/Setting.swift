import QueueCore

/// What a queue can be set to, by name, as text.
enum Setting: Hashable {
  case maximumAttempts, maximumLosses, backoff, timeout, rate, workers, groupLimit, groupRate,
    keep
  /// Of one group.
  case ownLimit, ownRate
  /// Of one unit.
  case budget(UnitName), unitRate(UnitName)

  static let ofGroups: [Setting] = [.ownLimit, .ownRate]
  /// Those that every queue has, set or not.
  static let ofQueues: [Setting] = [
    .maximumAttempts, .maximumLosses, .backoff, .timeout, .rate, .workers, .groupLimit, .groupRate,
    .keep,
  ]

  /// Those of units that are set.
  static func ofUnits(in settings: QueueSettings) -> [Setting] {
    let units = settings.budgets.sorted { $0.key < $1.key }
    return units.filter { $0.value.limit != nil }.map { .budget($0.key) }
      + units.filter { $0.value.rate != nil }.map { .unitRate($0.key) }
  }

  /// The setting of a key, among some or of a unit; nil when there is none.
  init?(key: Substring, among settings: [Setting]) {
    if let setting = settings.first(where: { $0.key == key }) {
      self = setting
      return
    }
    let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard settings == Self.ofQueues, parts.count == 2, let unit = UnitName(String(parts[1])) else {
      return nil
    }
    switch parts[0] {
    case "budget": self = .budget(unit)
    case "rate": self = .unitRate(unit)
    default: return nil
    }
  }

  /// Its name.
  var key: String {
    switch self {
    case .maximumAttempts: "max-attempts"
    case .maximumLosses: "max-losses"
    case .backoff: "backoff"
    case .timeout: "timeout"
    case .rate, .ownRate: "rate"
    case .workers: "workers"
    case .groupLimit: "group-limit"
    case .groupRate: "group-rate"
    case .keep: "keep"
    case .ownLimit: "limit"
    case .budget(let unit): "budget.\(unit)"
    case .unitRate(let unit): "rate.\(unit)"
    }
  }

  /// Its name in JSON.
  var member: String {
    switch self {
    case .budget, .unitRate: key
    default: key.replacing("-", with: "_")
    }
  }

  /// What a value looks like.
  var form: String {
    switch self {
    case .backoff: InvalidValue.forms["BASE..MAX"] ?? ""
    case .timeout, .keep: InvalidValue.forms["DURATION"] ?? ""
    case .rate, .groupRate, .ownRate: InvalidValue.forms["RATE"] ?? ""
    case .groupLimit, .ownLimit: "a number from 1 on, like 2"
    case .maximumAttempts, .maximumLosses, .workers: InvalidValue.forms["--" + key] ?? ""
    case .budget: "an amount with at most six places, like 50, 0.5 or 2M"
    case .unitRate: "an amount in a time, like 80k/m or 0.5/h"
    }
  }

  /// The value; empty when it is not set.
  func text(in settings: QueueSettings) -> String {
    switch self {
    case .maximumAttempts: settings.maximumAttempts.map { "\($0)" } ?? ""
    case .maximumLosses: settings.maximumLosses.map { "\($0)" } ?? ""
    case .backoff:
      settings.backoff.map { $0.lowerBound.text + ".." + $0.upperBound.text } ?? ""
    case .timeout: settings.timeout.map(\.text) ?? ""
    case .keep: settings.keep.map(\.text) ?? ""
    case .rate: settings.rate.map(RateArgument.text) ?? ""
    case .workers: settings.workers.map { "\($0)" } ?? ""
    case .groupLimit, .ownLimit: settings.groupLimit.map { "\($0)" } ?? ""
    case .groupRate, .ownRate: settings.groupRate.map(RateArgument.text) ?? ""
    case .budget(let unit): settings.budgets[unit]?.limit?.text ?? ""
    case .unitRate(let unit): settings.budgets[unit]?.rate.map(UnitRateArgument.text) ?? ""
    }
  }

  /// Sets the value, or unsets it when the text is empty; false when the text is no value.
  func set(_ text: String, in settings: inout QueueSettings) -> Bool {
    let isUnset = text.isEmpty
    func number(_ range: ClosedRange<UInt32>) -> UInt32? {
      UInt32(text).flatMap { range.contains($0) ? $0 : nil }
    }
    switch self {
    case .maximumAttempts:
      settings.maximumAttempts = number(1...(.max))
      return isUnset || settings.maximumAttempts != nil
    case .maximumLosses:
      settings.maximumLosses = number(0...(.max))
      return isUnset || settings.maximumLosses != nil
    case .backoff:
      settings.backoff = DurationRangeArgument(argument: text)?.range
      return isUnset || settings.backoff != nil
    case .timeout:
      settings.timeout = Duration(text: text)
      return isUnset || settings.timeout.map { $0 > .zero } ?? false
    case .keep:
      settings.keep = Duration(text: text)
      return isUnset || settings.keep.map { $0 > .zero } ?? false
    case .rate:
      settings.rate = RateArgument(argument: text)?.rate
      return isUnset || settings.rate != nil
    case .workers:
      settings.workers = number(1...4_096)
      return isUnset || settings.workers != nil
    case .groupLimit, .ownLimit:
      settings.groupLimit = number(1...(.max))
      return isUnset || settings.groupLimit != nil
    case .groupRate, .ownRate:
      settings.groupRate = RateArgument(argument: text)?.rate
      return isUnset || settings.groupRate != nil
    case .budget(let unit):
      let limit = Amount(shortened: text)
      settings.change(unit) { $0.limit = limit }
      return isUnset || limit != nil
    case .unitRate(let unit):
      let rate = UnitRateArgument(argument: text)?.rate
      settings.change(unit) { $0.rate = rate }
      return isUnset || rate != nil
    }
  }
}
