/// A command whose plain invocations are read by a table, without the argument parser: that looks up
/// types by their names, which takes longer than most of these commands do.
///
/// Whatever is not plain (help, an unknown option, a value that will not do) is left to the parser. A
/// test compares both on thousands of command lines.
protocol PlainCommand: QueueCommand {
  /// The command as it is without arguments.
  static var withoutArguments: Self { get }
  /// What its options do, but for those that all commands have.
  static var plainOptions: [PlainOption<Self>] { get }
  var storeOptions: StoreOptions { get set }
  /// Takes a word that is no option; false when the command has no use for it.
  mutating func takeWord(_ word: String) -> Bool
  /// Throws when a group of options does not go together.
  func validateGroups() throws
}

extension PlainCommand {
  mutating func takeWord(_ word: String) -> Bool { false }

  func validateGroups() throws { try storeOptions.validate() }
}

/// An option in the table of a command.
struct PlainOption<Command> {
  enum Effect {
    /// It has no value.
    case flag((inout Command) -> Void)
    /// Takes its value; false when that will not do.
    case value((inout Command, String) -> Bool)
    /// As ``value``, any number of times.
    case values((inout Command, String) -> Bool)
  }

  var long: String
  var short: Character?
  var effect: Effect

  /// An option without a value.
  static func flag(
    _ long: String, _ short: Character? = nil, _ set: @escaping (inout Command) -> Void
  ) -> PlainOption { PlainOption(long: long, short: short, effect: .flag(set)) }

  /// An option with a value; of `parse` nil means that it will not do.
  static func value<Value>(
    _ long: String, _ short: Character? = nil, _ parse: @escaping (String) -> Value?,
    _ set: @escaping (inout Command, Value) -> Void
  ) -> PlainOption {
    PlainOption(
      long: long, short: short,
      effect: .value { command, text in
        guard let value = parse(text) else { return false }
        set(&command, value)
        return true
      })
  }

  /// An option with a value that may come again.
  static func values<Value>(
    _ long: String, _ parse: @escaping (String) -> Value?,
    _ add: @escaping (inout Command, Value) -> Void
  ) -> PlainOption {
    PlainOption(
      long: long, short: nil,
      effect: .values { command, text in
        guard let value = parse(text) else { return false }
        add(&command, value)
        return true
      })
  }
}
