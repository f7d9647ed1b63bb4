public import QueueCore

/// Runs the command that this process was called as: `q-enqueue`, or `q` with a verb behind it.
/// Exits; does not return. `engines`: what opens stores; the first is meant where an address names none.
public func runCommand(engines: [any StoreEngine]) -> Never {
  StoreAddress.engines = engines
  keepStandardDescriptors()
  var (name, arguments) = (ProcessArguments.name, Array(ProcessArguments.text.dropFirst()))
  if arguments.first == CompletionScript.request {
    printAndExit(Completion.answer(Array(arguments.dropFirst())))
  }
  if !name.hasPrefix("q-") {
    guard let verb = arguments.first, !verb.hasPrefix("-") else { perform(Q.self, arguments) }
    (name, arguments) = (verb, Array(arguments.dropFirst()))
    if name == "help" { perform(Help.self, arguments) }
  }
  performPlainly(name.hasPrefix("q-") ? String(name.dropFirst(2)) : name, arguments)
  guard let command = Commands.named(name) else { fail("q", .usage, Commands.unknown(name)) }
  perform(command, arguments)
}
