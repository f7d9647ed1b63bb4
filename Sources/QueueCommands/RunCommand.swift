public import QueueCore

/// Runs the command that this process was called as: `q-enqueue`, or `q` with a verb behind it.
/// Exits; does not return. `engines`: what opens stores; the first is meant where an address names none.
public func runCommand(engines: [any StoreEngine]) -> Never {
  StoreAddress.engines = engines
  keepStandardDescriptors()
  let words = ProcessArguments.text
  var (name, arguments) = (ProcessArguments.name, Array(words.dropFirst()))
  if arguments.first == Completion.request {
    finish(Completion.answer(Array(arguments.dropFirst())))
  }
  if !name.hasPrefix("q-"), let verb = arguments.first, !verb.hasPrefix("-") {
    (name, arguments) = (verb, Array(arguments.dropFirst()))
    if name == "help" { perform(Help.self, arguments) }
  } else if !name.hasPrefix("q-") {
    perform(Q.self, arguments)
  }
  performPlainly(name.hasPrefix("q-") ? String(name.dropFirst(2)) : name, arguments)
  guard let command = Q.command(name) else { fail("q", .usage, Q.unknown(name)) }
  perform(command, arguments)
}
