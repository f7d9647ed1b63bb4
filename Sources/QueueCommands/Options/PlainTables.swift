// What the options of each command do: the same as its declarations say, which a test compares.

extension Stats: PlainCommand {
  static var withoutArguments: Stats {
    var command = Stats()
    command.storeOptions = .none
    (command.all, command.errors, command.json) = (false, false, false)
    (command.why, command.groups, command.batches) = (false, false, false)
    command.budgets = false
    return command
  }

  static var plainOptions: [PlainOption<Stats>] {
    [
      .flag("all") { $0.all = true }, .flag("errors") { $0.errors = true },
      .flag("why") { $0.why = true },
      .flag("groups") { $0.groups = true }, .flag("batches") { $0.batches = true },
      .flag("budgets") { $0.budgets = true },
      .flag("json") { $0.json = true },
    ]
  }
}

extension Enqueue: PlainCommand {
  static var withoutArguments: Enqueue {
    var command = Enqueue()
    (command.storeOptions, command.creation) = (.none, .none)
    (command.nul, command.tsv, command.jsonl, command.quiet) = (false, false, false, false)
    (command.priority, command.delay, command.idKey, command.files) = (128, nil, nil, [])
    (command.group, command.groupBy, command.batch) = (nil, nil, nil)
    (command.open, command.seal, command.after, command.afterAny) = (false, false, [], [])
    (command.onChange, command.requeue, command.payloadDir) = (nil, [], nil)
    return command
  }

  static var plainOptions: [PlainOption<Enqueue>] {
    [
      .flag("null", "0") { $0.nul = true }, .flag("tsv") { $0.tsv = true },
      .flag("jsonl") { $0.jsonl = true }, .flag("quiet") { $0.quiet = true },
      .value("priority", nil, { UInt8($0) }) { $0.priority = $1 },
      .value("delay", nil, DurationArgument.init(argument:)) { $0.delay = $1 },
      .value("id-key", nil, { $0 }) { $0.idKey = $1 },
      .value("group", nil, GroupArgument.init(argument:)) { $0.group = $1 },
      .value("group-by", nil, GroupByArgument.init(argument:)) { $0.groupBy = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .flag("open") { $0.open = true }, .flag("seal") { $0.seal = true },
      .values("after", BatchArgument.init(argument:)) { $0.after.append($1) },
      .values("after-any", BatchArgument.init(argument:)) { $0.afterAny.append($1) },
      .value("on-change", nil, OnChangeArgument.init(argument:)) { $0.onChange = $1 },
      .value("payload-dir", nil, { $0 }) { $0.payloadDir = $1 },
      .values("requeue", StatusArgument.init(argument:)) { $0.requeue.append($1) },
      .value("mode", nil, ModeArgument.init(argument:)) { $0.creation.mode = $1 },
    ]
  }

  mutating func takeWord(_ word: String) -> Bool {
    files.append(word)
    return true
  }
}

extension List: PlainCommand {
  static var withoutArguments: List {
    var command = List()
    command.storeOptions = .none
    (command.all, command.nul, command.long, command.json) = (false, false, false, false)
    (command.limit, command.after, command.statuses) = (nil, nil, [])
    (command.group, command.batch) = (nil, nil)
    return command
  }

  static var plainOptions: [PlainOption<List>] {
    [
      .flag("all") { $0.all = true }, .flag("null", "0") { $0.nul = true },
      .flag("long") { $0.long = true }, .flag("json") { $0.json = true },
      .value("limit", nil, { Int($0) }) { $0.limit = $1 },
      .value("after", nil, { $0 }) { $0.after = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .value("group", nil, GroupArgument.init(argument:)) { $0.group = $1 },
    ]
  }

  mutating func takeWord(_ word: String) -> Bool {
    guard let status = StatusArgument(argument: word) else { return false }
    statuses.append(status)
    return true
  }
}

extension Show: PlainIDCommand {
  static var withoutArguments: Show {
    var command = Show()
    (command.storeOptions, command.items) = (.none, .none)
    (command.output, command.payload, command.json) = (false, false, false)
    command.why = false
    return command
  }

  static var plainOptions: [PlainOption<Show>] {
    [
      .flag("why") { $0.why = true },
      .flag("output") { $0.output = true }, .flag("payload") { $0.payload = true },
      .flag("json") { $0.json = true }, nulOption,
    ]
  }
}

extension Retry: PlainIDCommand {
  static var withoutArguments: Retry {
    var command = Retry()
    (command.storeOptions, command.items) = (.none, .none)
    (command.all, command.json, command.quiet) = (false, false, false)
    (command.group, command.batch, command.stale) = (nil, nil, nil)
    return command
  }

  static var plainOptions: [PlainOption<Retry>] {
    [
      .value("stale", nil, RecipeArgument.init(argument:)) { $0.stale = $1 },
      .value("group", nil, GroupArgument.init(argument:)) { $0.group = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .flag("all") { $0.all = true }, .flag("json") { $0.json = true },
      .flag("quiet") { $0.quiet = true }, nulOption,
    ]
  }
}

extension Remove: PlainIDCommand {
  static var withoutArguments: Remove {
    var command = Remove()
    (command.storeOptions, command.items) = (.none, .none)
    (command.status, command.all, command.yes, command.force) = ([], false, false, false)
    (command.json, command.quiet) = (false, false)
    (command.group, command.batch) = (nil, nil)
    return command
  }

  static var plainOptions: [PlainOption<Remove>] {
    [
      .value("group", nil, GroupArgument.init(argument:)) { $0.group = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .values("status", StatusArgument.init(argument:)) { $0.status.append($1) },
      .flag("all") { $0.all = true }, .flag("yes") { $0.yes = true },
      .flag("force") { $0.force = true }, .flag("json") { $0.json = true },
      .flag("quiet") { $0.quiet = true }, nulOption,
    ]
  }
}

extension Prune: PlainCommand {
  static var withoutArguments: Prune {
    var command = Prune()
    command.storeOptions = .none
    (command.olderThan, command.keep, command.all, command.status) = (nil, nil, false, [])
    (command.group, command.batch, command.forget, command.unread) = (nil, nil, false, false)
    (command.json, command.quiet) = (false, false)
    return command
  }

  static var plainOptions: [PlainOption<Prune>] {
    [
      .value("older-than", nil, DurationArgument.init(argument:)) { $0.olderThan = $1 },
      .value("keep", nil, { Int($0) }) { $0.keep = $1 },
      .values("status", StatusArgument.init(argument:)) { $0.status.append($1) },
      .value("group", nil, GroupArgument.init(argument:)) { $0.group = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .flag("all") { $0.all = true }, .flag("forget") { $0.forget = true },
      .flag("unread") { $0.unread = true }, .flag("json") { $0.json = true },
      .flag("quiet") { $0.quiet = true },
    ]
  }
}

extension Pause: PlainCommand {
  static var withoutArguments: Pause {
    var command = Pause()
    command.storeOptions = .none
    (command.length, command.json, command.quiet) = (nil, false, false)
    return command
  }

  static var plainOptions: [PlainOption<Pause>] {
    [
      .value("for", nil, DurationArgument.init(argument:)) { $0.length = $1 },
      .flag("json") { $0.json = true }, .flag("quiet") { $0.quiet = true },
    ]
  }
}

extension Resume: PlainCommand {
  static var withoutArguments: Resume {
    var command = Resume()
    command.storeOptions = .none
    (command.json, command.quiet) = (false, false)
    return command
  }

  static var plainOptions: [PlainOption<Resume>] {
    [.flag("json") { $0.json = true }, .flag("quiet") { $0.quiet = true }]
  }
}

extension Wait: PlainCommand {
  static var withoutArguments: Wait {
    var command = Wait()
    command.storeOptions = .none
    (command.timeout, command.json, command.quiet) = (nil, false, false)
    command.batch = nil
    return command
  }

  static var plainOptions: [PlainOption<Wait>] {
    [
      .value("timeout", nil, DurationArgument.init(argument:)) { $0.timeout = $1 },
      .value("batch", nil, BatchArgument.init(argument:)) { $0.batch = $1 },
      .flag("json") { $0.json = true }, .flag("quiet") { $0.quiet = true },
    ]
  }
}

extension ClaimItems: PlainCommand {
  static var withoutArguments: ClaimItems {
    var command = ClaimItems()
    command.storeOptions = .none
    (command.items, command.lease, command.wait) = (1, nil, false)
    command.reserve = []
    (command.nul, command.json, command.quiet) = (false, false, false)
    return command
  }

  static var plainOptions: [PlainOption<ClaimItems>] {
    [
      .value("items", "n", { Int($0) }) { $0.items = $1 },
      .values("reserve", AmountArgument.init(argument:)) { $0.reserve.append($1) },
      .value("lease", nil, DurationArgument.init(argument:)) { $0.lease = $1 },
      .flag("wait") { $0.wait = true }, .flag("json") { $0.json = true },
      .flag("null", "0") { $0.nul = true }, .flag("quiet") { $0.quiet = true },
    ]
  }
}

extension ExtendLeases: PlainCommand {
  static var withoutArguments: ExtendLeases {
    var command = ExtendLeases()
    command.storeOptions = .none
    (command.lease, command.nul, command.quiet) = (nil, false, false)
    return command
  }

  static var plainOptions: [PlainOption<ExtendLeases>] {
    [
      .value("lease", nil, DurationArgument.init(argument:)) { $0.lease = $1 },
      .flag("null", "0") { $0.nul = true }, .flag("quiet") { $0.quiet = true },
    ]
  }
}

extension Results: PlainCommand {
  static var withoutArguments: Results {
    var command = Results()
    command.storeOptions = .none
    (command.json, command.nul, command.raw, command.follow) = (false, false, false, false)
    (command.status, command.reader, command.ids) = (nil, nil, [])
    return command
  }

  static var plainOptions: [PlainOption<Results>] {
    [
      .flag("json") { $0.json = true }, .flag("null", "0") { $0.nul = true },
      .flag("raw") { $0.raw = true }, .flag("follow") { $0.follow = true },
      .value("status", nil, StatusArgument.init(argument:)) { $0.status = $1 },
      .value("reader", nil, ReaderArgument.init(argument:)) { $0.reader = $1 },
    ]
  }

  mutating func takeWord(_ word: String) -> Bool {
    ids.append(word)
    return true
  }
}

extension SettleClaims: PlainCommand {
  static var withoutArguments: SettleClaims {
    var command = SettleClaims()
    command.storeOptions = .none
    (command.final, command.wait, command.note) = (false, nil, nil)
    (command.spend, command.resultFile) = ([], nil)
    (command.json, command.nul, command.quiet, command.outcome) = (false, false, false, nil)
    return command
  }

  static var plainOptions: [PlainOption<SettleClaims>] {
    [
      .flag("final") { $0.final = true },
      .value("in", nil, DurationArgument.init(argument:)) { $0.wait = $1 },
      .value("note", nil, { $0 }) { $0.note = $1 },
      .values("spend", AmountArgument.init(argument:)) { $0.spend.append($1) },
      .value("result-file", nil, { $0 }) { $0.resultFile = $1 },
      .flag("json") { $0.json = true },
      .flag("null", "0") { $0.nul = true }, .flag("quiet") { $0.quiet = true },
    ]
  }

  mutating func takeWord(_ word: String) -> Bool {
    guard outcome == nil, let named = OutcomeArgument(rawValue: word) else { return false }
    outcome = named
    return true
  }
}
