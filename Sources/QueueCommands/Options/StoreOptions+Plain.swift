extension PlaceOptions {
  /// As they are when none is given.
  static var none: PlaceOptions {
    var options = PlaceOptions()
    options.store = nil
    options.trust = false
    return options
  }
}

extension StoreOptions {
  /// As they are when none is given.
  static var none: StoreOptions {
    var options = StoreOptions()
    options.place = .none
    options.queues = []
    return options
  }

  static func optionTable<Command: PlainCommand>() -> [PlainOption<Command>] {
    [
      .value("store", "s", { $0 }) { $0.storeOptions.place.store = $1 },
      PlainOption(
        long: "queue", short: "q",
        effect: .values { command, text in
          command.storeOptions.queues.append(text)
          return true
        }),
      .flag("trust") { $0.storeOptions.place.trust = true },
    ]
  }
}

extension CreationOptions {
  /// As they are when none is given.
  static var none: CreationOptions {
    var options = CreationOptions()
    options.mode = nil
    return options
  }
}

extension IDArguments {
  /// As they are when none is given.
  static var none: IDArguments {
    var arguments = IDArguments()
    arguments.nul = false
    arguments.ids = []
    return arguments
  }
}

/// A command that takes ids as its words, or from standard input.
protocol PlainIDCommand: PlainCommand {
  var items: IDArguments { get set }
}

extension PlainIDCommand {
  static var nulOption: PlainOption<Self> { .flag("null", "0") { $0.items.nul = true } }

  mutating func takeWord(_ word: String) -> Bool {
    items.ids.append(word)
    return true
  }

  func validateGroups() throws {
    try storeOptions.validate()
    try items.validate()
  }
}
