import ArgumentParser
import Glibc
import QueueCore
import Worker

/// How handlers are run.
struct HandlerOptions: ParsableArguments {
  @Option(
    name: [
      .customShort("j", allowingJoined: true), .customShort("P", allowingJoined: true), .long,
    ],
    parsing: .unconditional,
    help: ArgumentHelp(
      "Handlers at once, 1 to 4,096, or auto: as many as end the most items, found by trying "
        + "(default: the queue's setting, else the values of --pool, else the processors).",
      valueName: "N"))
  var workers: WorkersArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "End a handler that takes longer: 90s, 10m (default: the queue's setting, else never).",
      valueName: "DURATION"))
  var timeout: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Kill it this long after the time-out ended it (default: 5s).", valueName: "DURATION"))
  var killAfter: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Start at most so many items in a time, all workers of the queue together: 60/m, 5/s "
        + "(default: the queue's setting, else no limit).",
      valueName: "RATE"))
  var rate: RateArgument?

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Take so much of a budget for each item until its run ends and what it spent is known: usd=0.02. "
        + "May stand several times.",
      valueName: "UNIT=AMOUNT"))
  var reserve: [AmountArgument] = []

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Each handler holds a value of its own, at {gpu} and in Q_POOL_GPU; never more handlers than "
        + "values: gpu=0,1, or ip=@FILE, a value a line. May stand several times.",
      valueName: "NAME=VALUES"))
  var pool: [PoolArgument] = []

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Start nothing while less memory is free: 4G, 500M; below half of it the youngest handler is "
        + "ended, its item goes back uncharged.",
      valueName: "SIZE"))
  var memfree: SizeArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Start nothing while the load average of the last minute is higher.", valueName: "LOAD"))
  var load: Double?

  @Flag(
    name: .spelled, help: "The payload is columns with TABs between them: {1}, {2} stand for them.")
  var tsv = false

  func validate() throws {
    if let number = workers?.number, !(1...WorkPlan.maximumSlots).contains(number) {
      throw ValidationError("--workers must be 1 to 4,096: \(number)")
    }
    if let load, !(load.isFinite && load > 0) {
      throw ValidationError("--load must be more than 0: \(load)")
    }
    var names: Set<String> = []
    for argument in pool where !names.insert(argument.name.uppercased()).inserted {
      throw ValidationError("--pool \(argument.name) is there twice: name all its values at once")
    }
    _ = try reserve.amounts(of: "--reserve")
    if let timeout, timeout.duration == .zero {
      throw ValidationError("--timeout must be longer than 0")
    }
  }

  /// Finds the handler's program; the result takes the store's path.
  func program(
    _ words: [[UInt8]], queue: QueueName, _ pools: [Pool]
  ) throws -> (String) -> Program {
    let name = words.first ?? []
    let shown = VisibleText.escaped(name)
    let path = getenv("PATH").map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    let found: [UInt8]
    switch HandlerLookup.find(name, path: path) {
    case .found(let path, let here):
      if here { say("q-work: \(shown) is not on PATH: using ./\(shown)") }
      found = path
    case .notFound:
      throw CommandError(
        .handlerNotFound, "no such handler: \(shown): it is neither on PATH nor here")
    case .notExecutable(let path):
      throw CommandError(
        .handlerCannotRun,
        "cannot run the handler: \(String(decoding: path, as: UTF8.self)): it is not an executable "
          + "file: chmod +x makes a script one")
    }
    return { store in
      let own = ["Q_PROTOCOL=1", "Q_QUEUE=\(queue)", "Q_STORE=\(store)"]
      return Program(
        path: found, arguments: words,
        environment: Program.inheritedEnvironment(
          without: WorkPlan.ownVariables.union(pools.map { Array($0.variable.utf8) }))
          + own.map { Array($0.utf8) })
    }
  }
}

extension HandlerOptions {
  /// The pools, with the values of those that are in files.
  func pools() throws -> [Pool] {
    try pool.map { argument in
      guard let pool = Pool(name: argument.name, values: try argument.values()) else {
        throw CommandError(
          .usage,
          "--pool \(argument.name): a pool has 1 to 100,000 values of 1 to 4,096 bytes")
      }
      return pool
    }
  }
}

/// When items are tried again.
struct RetryOptions: ParsableArguments {
  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Attempts before an item fails for good (default: the queue's setting, else 3).",
      valueName: "N"))
  var maxAttempts: UInt32?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "The longest wait after the first and after any failed attempt (default: the queue's "
        + "setting, else 1s..5m).",
      valueName: "BASE..MAX"))
  var backoff: DurationRangeArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Workers that may die over an item before it fails for good; 0: any number (default: the "
        + "queue's setting, else 5).",
      valueName: "N"))
  var maxLosses: UInt32?

  func validate() throws {
    if maxAttempts == 0 { throw ValidationError("--max-attempts must be 1 or more") }
  }
}

/// When the run ends, and what it says.
struct RunOptions: ParsableArguments {
  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Claim at most this many items, then end.", valueName: "N"))
  var limit: Int?

  @Flag(name: .spelled, help: "Go on when the queue is drained; wait for more.")
  var follow = false

  @OptionGroup var creation: CreationOptions

  @Flag(name: .spelled, help: "End as soon as nothing can be claimed; do not wait for retries.")
  var noWait = false

  @Flag(name: .spelled, help: "Print the commands, quoted for a shell; claim nothing.")
  var dryRun = false

  @Option(
    name: .spelled,
    help: ArgumentHelp("Write the final report to FILE, as JSON.", valueName: "FILE"),
    completion: .file())
  var report: String?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "How the progress is told on standard error: a line on a terminal, a line of text every 10 s, "
        + "an object every second, not at all.",
      valueName: "FORM"))
  var progress: ProgressForm = .auto

  @Flag(name: .spelled, help: "No progress line, no final report.")
  var quiet = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more: \(limit)") }
    if creation.mode != nil && !follow {
      throw ValidationError("--mode is for a store that is made: by --follow")
    }
    if follow && noWait { throw ValidationError("--follow and --no-wait exclude each other") }
  }

  /// On its own, progress is for people who look at a terminal.
  var progressForm: ProgressForm {
    guard progress == .auto else { return progress }
    return !quiet && isatty(STDERR_FILENO) == 1 && environment("TERM") ?? "dumb" != "dumb"
      ? .auto : .none
  }
}
