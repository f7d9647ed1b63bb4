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
      "q-config group-limit=2 group-rate=1/s",
      "q-config --group api.example.com limit=20",
      "q-config budget.usd=50 rate.tokens=80k/m",
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
          (
            "group-limit",
            "items of one group that may run at once, all workers together (unset: any number)"
          ),
          ("group-rate", "items of one group in a time: 1/s (unset: no limit)"),
          (
            "keep",
            "how long done items stay before workers prune them, a few with each commit: 7d (unset: for good)"
          ),
          (
            "budget.UNIT",
            "how much may be spent of a unit, as handlers say: budget.usd=50; then nothing is claimed"
          ),
          (
            "rate.UNIT",
            "how much of it in a time: rate.tokens=80k/m; what was spent is worked off before the next claim"
          ),
        ],
        outro: """
          The options of a q-work of the same names go before these. KEY= unsets. Workers that run
          follow a change at once. Without operands: each key, =, and its value, if it has one.
          --group: the keys are limit and rate, which go before group-limit and group-rate.
          """)
    ],
    exits: [
      .success: "fine",
      .usage: "no such key, or not a value for it: nothing was changed",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Of this group alone: limit and rate.", valueName: "GROUP"))
  var group: GroupArgument?

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

  /// The keys that there are.
  private var settings: [Setting] { group == nil ? Setting.ofQueues : Setting.ofGroups }

  private func requests() throws -> [Request] {
    let requests = try words.map { word throws -> Request in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let setting = Setting(key: parts[0], among: settings) else {
        let keys =
          settings.map(\.key).joined(separator: ", ")
          + (group == nil ? ", budget.UNIT, rate.UNIT" : "")
        let meant = Nearest.key(to: String(parts[0]), among: settings.map(\.key))
        throw ValidationError(
          "no such key: \(parts[0]): \(meant.map { "\($0) may be meant; " } ?? "")there are \(keys)"
        )
      }
      guard parts.count == 2 else { return .show(setting) }
      var trial = QueueSettings()
      guard setting.set(String(parts[1]), in: &trial) else {
        throw ValidationError(
          "not a value for \(setting.key): \(parts[1]): it takes \(setting.form)")
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
      try apply(changes, to: summary.name, store)
      guard json else { return }
      summary = try storeOptions.summary(in: store)
    }
    let values = try values(of: summary, store)
    var output = DataOutput()
    if json {
      try output.write(json(summary.name, values) + "\n")
    } else if let shown {
      try output.write(shown.text(in: values) + "\n")
    } else {
      for setting in settings + Setting.ofUnits(in: values) {
        try output.write("\(setting.key)=\(setting.text(in: values))\n")
      }
    }
    try output.flush()
  }

  private func apply(
    _ changes: [(Setting, String)], to queue: QueueName, _ store: any PlacedStore
  ) throws {
    func change(_ settings: inout QueueSettings) {
      for (setting, value) in changes { _ = setting.set(value, in: &settings) }
    }
    guard let group else { return try store.configure(queue) { settings, _ in change(&settings) } }
    // A group has the keys of all groups, for itself.
    try store.configure(group.name, of: queue) { own in
      var settings = QueueSettings()
      (settings.groupLimit, settings.groupRate) = (own.limit, own.rate)
      change(&settings)
      (own.limit, own.rate) = (settings.groupLimit, settings.groupRate)
    }
  }

  /// What the queue is set to, or its group.
  private func values(of summary: QueueSummary, _ store: any PlacedStore) throws -> QueueSettings {
    guard let group else { return summary.settings }
    _ = try ItemSelection(group: group.name, batch: nil, of: [summary.name], in: store)
    let own = try store.group(group.name, of: summary.name)?.settings ?? GroupSettings()
    var settings = QueueSettings()
    (settings.groupLimit, settings.groupRate) = (own.limit, own.rate)
    return settings
  }

  private func json(_ queue: QueueName, _ values: QueueSettings) -> String {
    JSONWriter.text(of: queue) { writer in
      if let group { writer.member("group", group.name.bytes) }
      for setting in settings + Setting.ofUnits(in: values) {
        let (name, text) = (setting.member, setting.text(in: values))
        if text.isEmpty {
          writer.null(name)
        } else if case .budget(let unit) = setting, let limit = values.budgets[unit]?.limit {
          writer.member(name, limit)
        } else if let number = UInt32(text) {
          writer.member(name, number)
        } else {
          writer.member(name, text)
        }
      }
    }
  }
}
