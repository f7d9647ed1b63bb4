import ArgumentParser
import Glibc
import LMDBStore
import QueueCore
import System
import Worker

/// `q-work`: runs a handler for every item.
struct Work: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-work",
    abstract: "Run a handler for every item, many at once, until the queue is drained.",
    usage: "q-work [options] [--] HANDLER [ARG...]",
    discussion: """
      EXAMPLES
        q-work --workers 16 -- handler.sh
        q-work convert {} {.}.png
        q-work --limit 10 --halt now,fail=1 -- handler.sh
        q-work --follow --queue mail -- sh -c 'send-mail --to "$1"' sh
      """,
    version: "q-work \(version)",
    aliases: ["work"])

  static let notes = """
    THE HANDLER
      HANDLER runs once for each item, without a shell in between. Its standard input is the
      item's payload, or empty. It finds in its environment: Q_ID, Q_ATTEMPT, Q_MAX_ATTEMPTS,
      Q_QUEUE, Q_STORE, Q_SLOT, Q_TOKEN, Q_CONTROL, Q_PROTOCOL. In its arguments stand, any number
      of times and anywhere but in its name; without any of them the id is its last argument:
      {}    the id                            {#}  the number of this claim, from 1
      {.}   the id without its extension      {%}  the number of the slot, from 1
      {/}   the last part of the id's path    {1}  with --tsv: a column of the payload
      {//}  the rest of that path
      {/.}  the last part without its extension

    THE HANDLER'S EXIT STATUS
      0         done
      75        deferred: tried again in 1 s, doubling to 5 min, using no attempt (at most 100)
      65, 100   failed for good
      126, 127  the run stops while nothing has succeeded; later a failed attempt
      other, or a signal, or past --timeout
                a failed attempt: tried again after a back-off while attempts are left
      An item whose worker died is tried again at once, using no attempt. So is one whose handler
      INT, TERM or HUP ends within 200 ms before q-work gets such a signal, or after it.
      --retry-on, --defer-on, --fail-on and --stop-on change what a status means.

    THE HANDLER'S REQUESTS
      What it appends to the file $Q_CONTROL, a line each, holds when it has ended:
      defer DURATION  with the status of a deferral: when to try again
      pause DURATION  the whole queue rests
      note TEXT       kept with the run, for q-show and q-list --long
      One line that is none of these fails the item for good.

    THE HANDLER'S OUTPUT
      What a handler writes comes out whole when it ends, one handler at a time; standard error on
      standard error. What exceeds 64 KiB waits in a file without a name. An item is settled only
      when its output is out. --keep-order: an item that is tried again has no output but that of
      its last run; at most 1,000 outputs wait for one before them. --results: DIR/XX/YY/NAME.out,
      .err and .json; NAME is the id, with bytes but letters, digits, _, - and inner dots as %HH,
      and an end of its own where it would be over 200 bytes.

    SIGNALS
      First INT, TERM or HUP: take no more, let handlers end. Second: end them, their items go
      back uncharged. Third: kill them. USR1, USR2: one handler more, one less at once. TSTP: stop
      the handlers, then itself.

    EXIT STATUS
      0    drained, or nothing more to do
      1    ended, but an item failed for good, or --halt ended it
      64   usage
      65   the store is damaged: see q-check
      66   no such store or queue
      69   a store that cannot be used; no /proc
      70   this worker was taken for dead, its handlers are ended
      73   nothing can be written where --report, --results or --joblog say
      74   a read or write failed; standard output takes no more
      75   what is left is paused, held, or due later than in 5 minutes; or the store was busy
      77, 78
           a store that may not be used, or has another format
      126  the handler cannot be run
      127  there is no such handler
      After a signal it dies of that signal.

    ENVIRONMENT
      Q_STORE, Q_QUEUE  what --store and --queue mean when they are not given
      Q_TRUST           stores of other users that are used, with colons in between; 1: all
      TMPDIR            where output beyond 64 KiB waits (default: /tmp)
    """

  @OptionGroup var storeOptions: StoreOptions

  @OptionGroup(title: "Handlers")
  var handlers: HandlerOptions

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
      throw CleanExit.message("q-work \(version)")
    } else if first.hasPrefix("-") && first != "-" {
      throw ValidationError("Unknown option '\(first)'")
    }
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
    let program = try handlers.program(words, queue: storeOptions.queueName)
    let store = try storeOptions.open(
      create: run.follow && !run.dryRun, mode: run.creation.permissions)
    if !run.follow || run.dryRun { _ = try storeOptions.summary(in: store) }
    var plan = WorkPlan(
      queue: storeOptions.queueName, store: store.directory.path,
      defaultSlots: Processors.available,
      program: program(store.directory.path),
      template: HandlerTemplate(words, hasColumns: handlers.tsv))
    plan.given.maximumAttempts = tries.maxAttempts
    plan.given.maximumLosses = tries.maxLosses
    plan.given.backoff = tries.backoff.map { $0.lower...$0.upper }
    plan.given.timeout = handlers.timeout?.duration
    plan.given.rate = handlers.rate?.rate
    plan.given.workers = (handlers.workers?.number).map(UInt32.init)
    plan.findsSlots = handlers.workers.map { $0.number == nil } ?? false
    plan.exits = outcomes.table
    plan.halt = outcomes.halt?.policy
    plan.keeping = output.keepOutput
    plan.output = output.form
    if let grace = handlers.killAfter {
      plan.killAfter = UInt64(grace.duration.wholeMicroseconds) * 1_000
    }
    plan.limit = run.limit
    plan.follows = run.follow
    plan.waits = !run.noWait
    if run.dryRun { return try DryRun(store: store, plan: plan).write() }
    try output.refuseResults(in: plan.store)
    plan.recorders = try output.recorders()

    let liveness: StoreLiveness
    do {
      liveness = try StoreLiveness(directory: plan.store, locks: store.directory.locks)
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
