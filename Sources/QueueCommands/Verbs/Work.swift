import ArgumentParser
import Glibc
import QueueCore
import System
import Worker

/// `q-work`: runs a handler for every item.
struct Work: QueueCommand {
  @OptionGroup var storeOptions: StoreOptions

  @OptionGroup(title: "Handlers")
  var handlers: HandlerOptions

  @OptionGroup(title: "Items a process")
  var shape: ShapeOptions

  @OptionGroup(title: "Tries")
  var tries: RetryOptions

  @OptionGroup(title: "Outcomes")
  var outcomes: OutcomeOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  @OptionGroup(title: "The run")
  var run: RunOptions

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp(
      "The program to run and its arguments; {} stands for the id.", valueName: "handler"))
  var command: [String] = []

  func validate() throws {
    guard let first = command.first else {
      throw ValidationError("name a handler: q-work [options] [--] HANDLER [ARG...]")
    }
    if first == "--" {
      guard command.count > 1 else {
        throw ValidationError("name a handler behind --: q-work [options] [--] HANDLER [ARG...]")
      }
    } else if ["-h", "--help"].contains(first) {
      throw CleanExit.helpRequest(self)
    } else if first == "--version" {
      throw CleanExit.message(Self.configuration.version)
    } else if first.hasPrefix("-") && first != "-" {
      throw ValidationError("Unknown option '\(first)'")
    }
    try shape.check(template: HandlerTemplate(words), hasColumns: handlers.tsv, output)
    if ShellInjection.isPossible(in: words, hasColumns: handlers.tsv) {
      throw ValidationError(
        "the id would be run as code: name it as an argument of the shell instead: "
          + "sh -c '... \"$1\" ...' sh {}")
    }
  }

  /// The handler's words as bytes: the end of argv, since arguments need not be UTF-8.
  private var words: [[UInt8]] {
    let words = ProcessArguments.bytes.suffix(command.count)
    return Array(command.first == "--" ? words.dropFirst() : words)
  }

  func execute() throws {
    guard run.dryRun || access("/proc/self/stat", R_OK) == 0 else {
      throw CommandError(
        .unavailable,
        "cannot work without /proc, which tells what became of other workers: mount it "
          + "(mount -t proc proc /proc)")
    }
    let reportFile = try run.report.map { path throws(CommandError) in try ReportFile(path) }
    let settings = SpawnSettings.capture(
      handled: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ])
    if let slots = handlers.workers?.number {
      let carried = DescriptorLimit.raise(forSlots: slots)
      guard carried >= slots else {
        throw CommandError(
          .usage,
          "too many workers: \(slots): the limit of open files carries \(carried): "
            + "raise it with ulimit -Hn")
      }
    }
    let pools = try handlers.pools()
    let program = try handlers.program(words, queue: storeOptions.queueName, pools)
    let store = try storeOptions.open(
      create: run.follow && !run.dryRun, mode: run.creation.permissions)
    if !run.follow || run.dryRun { _ = try storeOptions.summary(in: store) }
    var plan = WorkPlan(
      queue: storeOptions.queueName, store: store.address,
      defaultSlots: Processors.available,
      program: program(store.reference),
      template: HandlerTemplate(
        words, hasColumns: handlers.tsv, hidesID: shape.shape.hidesID, pools: pools.map(\.name)))
    plan.pools = pools
    plan.startLimits = StartLimits(memory: handlers.memfree?.bytes, load: handlers.load)
    // A value each, where nobody says how many.
    if let most = pools.map(\.values.count).min() {
      plan.defaultSlots = min(most, WorkPlan.maximumSlots)
    }
    plan.shape = shape.shape
    plan.separator = shape.separator
    plan.emitsTo = output.emit?.name
    plan.collects = output.collect
    plan.recipe = output.recipe?.recipe
    if let limit = output.collectLimit { plan.resultLimit = Int(limit.bytes) }
    plan.given.maximumAttempts = tries.maxAttempts
    plan.given.maximumLosses = tries.maxLosses
    plan.given.backoff = tries.backoff?.range
    plan.given.timeout = handlers.timeout?.duration
    plan.given.rate = handlers.rate?.rate
    plan.reserve = try handlers.reserve.amounts(of: "--reserve")
    plan.given.workers = (handlers.workers?.number).map(UInt32.init)
    plan.findsSlots = handlers.workers.map { $0.number == nil } ?? false
    plan.exits = outcomes.table
    plan.halt = outcomes.halt
    plan.keeping = output.keepOutput
    plan.output = output.form
    if let grace = handlers.killAfter {
      plan.killAfter = UInt64(grace.duration.wholeMicroseconds) * 1_000
    }
    plan.limit = run.limit
    plan.follows = run.follow
    plan.waits = !run.noWait
    if run.dryRun {
      var dryRun = DryRun(store: store, plan: plan)
      return try dryRun.write()
    }
    try output.refuseResults(in: plan.store)
    // Whoever works on the next stage finds it, also on a day without anything to emit.
    if let next = plan.emitsTo { try store.configure(next) { _, _ in } }
    plan.recorders = try output.recorders()

    let liveness: StoreLiveness
    do {
      liveness = try StoreLiveness(of: store)
    } catch {
      let advice =
        error.code == ENOENT
        ? ": end all commands that use the store, then q-check --repair" : ""
      throw CommandError(.unavailable, "cannot use \(plan.store): \(error)\(advice)")
    }
    let gate = OutputGate()
    let progress = Progress(gate, run.progressForm)
    let ledger = try Ledger(
      store, plan, settings: settings, liveness: liveness, gate: gate,
      onProgress: { progress.show($0) })
    let result = Result { try ledger.run() }
    progress.clear()
    gate.finish()
    let report = try result.get()
    try conclude(report, plan, reportFile)
  }

  /// Says what came of the run, and exits as it ended.
  private func conclude(_ report: WorkReport, _ plan: WorkPlan, _ file: ReportFile?) throws {
    if !run.quiet { say(ReportText.text(report, options: storeOptions.spelled)) }
    try file?.write(ReportText.json(report, plan, status: status(of: report)))
    switch report.end {
    case .signal(let signal): SignalListener.die(of: signal)
    case .output(let error) where error.code == EPIPE: SignalListener.die(of: SIGPIPE)
    case .output(let error):
      throw CommandError(
        .inputOutput, "cannot hand on a handler's output: \(error): its item went back")
    case .halted(let why): throw CommandError(.someFailed, why)
    case .handler(let code, let why):
      throw CommandError(code == 127 ? .handlerNotFound : .handlerCannotRun, why)
    case .held(let why):
      throw CommandError(.temporary, "not drained: \(why)")
    case .error(let error): throw error
    case .drained, .idle, .limit:
      if report.outcomes.failed > 0 {
        Work.exit(withError: ExitCode(ExitStatus.someFailed.rawValue))
      }
    }
  }

  private func status(of report: WorkReport) -> Int32 {
    switch report.end {
    case .signal(let signal): 128 + signal
    case .output(let error) where error.code == EPIPE: 128 + SIGPIPE
    case .halted: ExitStatus.someFailed.rawValue
    case .output: ExitStatus.inputOutput.rawValue
    case .handler(let status, _): status
    case .held: ExitStatus.temporary.rawValue
    case .error(let error): CommandError(error).status.rawValue
    case .drained, .idle, .limit: report.outcomes.failed > 0 ? 1 : 0
    }
  }
}
