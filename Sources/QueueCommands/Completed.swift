import ArgumentParser

/// A command as completion scripts see it.
struct Completed {
  let verb, abstract: String
  /// Without operands.
  let options: [HelpDump.Argument]
  /// What its operands are: the first declared speaks for all.
  let operands: CompletionValues
  let operandName: String

  init(_ verb: String, _ type: any ExplainedCommand.Type) throws {
    let arguments = try HelpDump.displayed(of: type)
    let operand = arguments.first { $0.kind == .positional }
    self.verb = verb
    abstract = type.configuration.abstract
    options = arguments.filter { $0.kind != .positional }
    operands = operand?.values ?? .none
    operandName = operand?.valueName ?? "operand"
  }

  /// The spellings of the options that take a value.
  var valued: [String] { options.filter { $0.kind == .option }.flatMap(\.spellings) }
}

/// A word in single quotes, for any shell of the three.
func shellQuoted(_ text: String, escape: String = #"'\''"#) -> String {
  "'\(text.replacing("'", with: escape))'"
}
