import ArgumentParser
import QueueCore
import Worker

/// What handlers' exit statuses mean, and when failures end the run.
struct OutcomeOptions: ParsableArguments {
  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Exit statuses of failed attempts: 1-9,75.", valueName: "LIST"))
  var retryOn: ExitListArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Exit statuses that ask to be tried later, using no attempt (default: 75).",
      valueName: "LIST"))
  var deferOn: ExitListArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Exit statuses that fail for good (default: 65,100).", valueName: "LIST"))
  var failOn: ExitListArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Exit statuses that stop the run; the item goes back (default: 126,127 while nothing has "
        + "succeeded).",
      valueName: "LIST"))
  var stopOn: ExitListArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "End the run when so many items have failed for good: soon,fail=3, now,fail=10%.",
      valueName: "WHEN,fail=N"))
  var halt: HaltPolicy?

  private var lists: [(name: String, list: ExitList?, meaning: ExitTable.Meaning)] {
    [
      ("--retry-on", retryOn?.list, .retried), ("--defer-on", deferOn?.list, .deferred),
      ("--fail-on", failOn?.list, .final), ("--stop-on", stopOn?.list, .stopping),
    ]
  }

  func validate() throws {
    var names: [UInt8: String] = [:]
    for (name, list, _) in lists {
      for status in list?.statuses.sorted() ?? [] {
        if let other = names.updateValue(name, forKey: status) {
          throw ValidationError("exit status \(status) is in \(other) and in \(name)")
        }
      }
    }
  }

  /// The table with what was given.
  var table: ExitTable {
    var table = ExitTable()
    for (_, list, meaning) in lists {
      for status in list?.statuses ?? [] { table[status] = meaning }
    }
    return table
  }
}
