public import QueueCore

/// Runs the command that this process was called as: `q-enqueue`, or `q` with a verb behind it.
/// Exits; does not return. `engines`: what opens stores; the first is meant where an address names none.
public func runCommand(engines: [any StoreEngine]) -> Never {
  StoreAddress.engines = engines
  keepStandardDescriptors()
  let called = ProcessArguments.name
  let arguments = Array(ProcessArguments.text.dropFirst())
  if called.hasPrefix("q-") { performPlainly(String(called.dropFirst(2)), arguments) }
  if called.hasPrefix("q-"), let command = findCommand(String(called.dropFirst(2))) {
    perform(command.type, arguments)
  }
  runVerb(arguments)
}

/// `q VERB ...`, `q help ...`, `q --version`.
private func runVerb(_ arguments: [String]) -> Never {
  switch arguments.first {
  case nil, "--help", "-h":
    finish(overview)
  case "help":
    perform(Help.self, Array(arguments.dropFirst()))
  case "--version":
    finish("q \(version)")
  case let verb?:
    performPlainly(
      verb.hasPrefix("q-") ? String(verb.dropFirst(2)) : verb, Array(arguments.dropFirst()))
    guard let command = findCommand(verb) else { fail("q", .usage, unknownVerb(verb)) }
    perform(command.type, Array(arguments.dropFirst()))
  }
}
