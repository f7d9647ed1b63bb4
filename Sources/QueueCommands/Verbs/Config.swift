import ArgumentParser
import QueueCore

/// `q-config`: what a queue is set to.
struct Config: QueueCommand {
  static let help = CommandHelp(
    "q-config", "Show or change what a queue's workers do unless they are told otherwise.",
    usage: "[options] [KEY | KEY=VALUE...]",
    examples: [
      "q-config",
      "q-config rate=60/m max-attempts=5",
      "q-config --queue photos | xargs q-config --queue thumbnails",
    ],
    sections: [
      HelpSection(
        "KEYS",
        rows: [
          ("max-attempts", "attempts before an item fails for good (unset: 3)"),
          ("max-losses", "workers that may die over an item; 0: any number (unset: 5)"),
          (
            "backoff",
            "the longest wait after the first and after any failed attempt (unset: 1s..5m)"
          ),
          ("timeout", "how long a handler may take (unset: as long as it likes)"),
          ("rate", "items in a time, all workers together: 60/m, 5/s (unset: no limit)"),
          ("workers", "handlers at once in each q-work (unset: its processors)"),
        ],
        outro: """
          The options of a q-work of the same names go before these. KEY= unsets. Workers that run
          follow a change at once. Without operands: each key, =, and its value, if it has one.
          """)
    ],
    exits: [
      .success: "fine",
      .usage: "no such key, or not a value for it: nothing was changed",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "The settings as one JSON object.")
  var json = false

  @Argument(
    help: ArgumentHelp("A key to show, or keys with their new values.", valueName: "key[=value]"))
  var words: [String] = []

  /// What one operand asks for.
  private enum Request {
    case show(Setting)
    case change(Setting, String)
  }

  private func requests() throws -> [Request] {
    let requests = try words.map { word throws -> Request in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let setting = Setting(rawValue: String(parts[0])) else {
        let keys = Setting.allCases.map(\.rawValue).joined(separator: ", ")
        let meant = Nearest.key(to: String(parts[0]), among: Setting.allCases.map(\.rawValue))
        throw ValidationError(
          "no such key: \(parts[0]): \(meant.map { "\($0) may be meant; " } ?? "")there are \(keys)"
        )
      }
      guard parts.count == 2 else { return .show(setting) }
      var trial = QueueSettings()
      guard setting.set(String(parts[1]), in: &trial) else {
        throw ValidationError(
          "not a value for \(setting.rawValue): \(parts[1]): it takes \(setting.form)")
      }
      return .change(setting, String(parts[1]))
    }
    let shown = requests.count { if case .show = $0 { true } else { false } }
    if shown > 1 || (shown == 1 && requests.count > 1) {
      throw ValidationError("one KEY alone shows its value; KEY=VALUE sets one")
    }
    return requests
  }

  func validate() throws { _ = try requests() }

  func execute() throws {
    let requests = try requests()
    let store = try storeOptions.open()
    var summary = try storeOptions.summary(in: store)
    var shown: Setting?
    var changes: [(Setting, String)] = []
    for request in requests {
      switch request {
      case .show(let setting): shown = setting
      case .change(let setting, let value): changes.append((setting, value))
      }
    }
    if !changes.isEmpty {
      try store.configure(summary.name) { settings, _ in
        for (setting, value) in changes { _ = setting.set(value, in: &settings) }
      }
      guard json else { return }
      summary = try storeOptions.summary(in: store)
    }
    var output = DataOutput()
    if json {
      try output.write(Self.json(summary) + "\n")
    } else if let shown {
      try output.write(shown.text(in: summary.settings) + "\n")
    } else {
      for setting in Setting.allCases {
        try output.write("\(setting.rawValue)=\(setting.text(in: summary.settings))\n")
      }
    }
    try output.flush()
  }

  private static func json(_ summary: QueueSummary) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("queue", summary.name.text)
      for setting in Setting.allCases {
        let name = setting.rawValue.replacing("-", with: "_")
        let text = setting.text(in: summary.settings)
        if text.isEmpty {
          writer.null(name)
        } else if let number = UInt32(text) {
          writer.member(name, number)
        } else {
          writer.member(name, text)
        }
      }
    }
    return writer.text
  }
}

/// What a queue can be set to, by name, as text.
enum Setting: String, CaseIterable {
  case maximumAttempts = "max-attempts"
  case maximumLosses = "max-losses"
  case backoff
  case timeout
  case rate
  case workers

  /// What a value looks like.
  var form: String {
    switch self {
    case .backoff: InvalidValue.forms["BASE..MAX"] ?? ""
    case .timeout: InvalidValue.forms["DURATION"] ?? ""
    case .rate: InvalidValue.forms["RATE"] ?? ""
    case .maximumAttempts, .maximumLosses, .workers: InvalidValue.forms["--" + rawValue] ?? ""
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
    case .rate: settings.rate.map(RateArgument.text) ?? ""
    case .workers: settings.workers.map { "\($0)" } ?? ""
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
    case .rate:
      settings.rate = RateArgument(argument: text)?.rate
      return isUnset || settings.rate != nil
    case .workers:
      settings.workers = number(1...4_096)
      return isUnset || settings.workers != nil
    }
  }
}
