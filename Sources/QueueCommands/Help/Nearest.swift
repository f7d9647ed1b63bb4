/// What somebody may have meant who types a verb or an option that there is not.
enum Nearest {
  /// Words of other tools, and what they are here.
  private static let verbs: [String: String] = [
    "status": "stats", "stat": "stats", "info": "stats", "count": "stats", "ls": "list",
    "ps": "list",
    "add": "enqueue", "push": "enqueue", "put": "enqueue", "submit": "enqueue", "insert": "enqueue",
    "run": "work", "start": "work", "worker": "work", "process": "work", "exec": "work",
    "rm": "remove", "delete": "remove", "del": "remove", "kill": "remove", "clear": "remove",
    "purge": "remove", "restart": "retry", "requeue": "retry", "redo": "retry", "stop": "pause",
    "unpause": "resume", "continue": "resume", "get": "show", "log": "show", "inspect": "show",
    "set": "config", "settings": "config", "fsck": "check", "verify": "check", "repair": "check",
  ]

  private static let options: [String: [String]] = [
    "--jobs": ["--workers"], "--parallel": ["--workers"], "--threads": ["--workers"],
    "--procs": ["--workers"], "--max-procs": ["--workers"], "--concurrency": ["--workers"],
    "--processes": ["--workers"], "--num-workers": ["--workers"], "--slots": ["--workers"],
    "--retries": ["--max-attempts"], "--retry": ["--max-attempts"], "--tries": ["--max-attempts"],
    "--attempts": ["--max-attempts"], "--max-retries": ["--max-attempts"],
    "--dir": ["--store"], "--directory": ["--store"], "--path": ["--store"], "--db": ["--store"],
    "--name": ["--queue"], "--topic": ["--queue"], "--wait": ["--follow", "--timeout"],
    "--watch": ["--follow"], "--daemon": ["--follow"], "--forever": ["--follow"],
    "--silent": ["--quiet"], "--no-output": ["--quiet"], "--null-data": ["--null"],
    "--print0": ["--null"],
    "--ordered": ["--keep-order"], "--log": ["--joblog"], "--out": ["--results"],
    "--dry": ["--dry-run"],
    "--max": ["--limit"], "--count": ["--limit"], "--first": ["--limit"], "--after": ["--delay"],
    "--sleep": ["--backoff"], "--throttle": ["--rate"], "--rate-limit": ["--rate"],
    "--interval": ["--rate"], "--yes-all": ["--yes"], "-y": ["--yes"], "-f": ["--force"],
    "-n": ["--limit"], "-v": ["--long"], "-l": ["--long"], "-a": ["--all"], "-t": ["--timeout"],
  ]

  /// The verb that is meant; nil when none is near.
  static func verb(to word: String, among known: [String]) -> String? {
    if let meant = verbs[word], known.contains(meant) { return meant }
    return closest(to: word, among: known)
  }

  /// The option that is meant, with its hyphens; nil when none is near.
  static func option(to word: String, among known: [String]) -> String? {
    let name = String(word.prefix { $0 != "=" })
    if let meant = options[name]?.first(where: known.contains) { return meant }
    return closest(to: name, among: known.filter { $0.hasPrefix("--") })
  }

  /// The key of a setting that is meant; nil when none is near.
  static func key(to word: String, among known: [String]) -> String? {
    let asOption = option(to: "--" + word.replacing("_", with: "-"), among: known.map { "--" + $0 })
    return asOption.map { String($0.dropFirst(2)) }
  }

  /// The nearest of the known words that is not far: a third of its letters at most is another.
  private static func closest(to word: String, among known: [String]) -> String? {
    let near = known.map { (word: $0, distance: distance(word, $0)) }.min {
      $0.distance < $1.distance
    }
    guard let near, near.distance <= max(1, near.word.count / 3) else { return nil }
    return near.word
  }

  /// Letters to put in, leave out, change, or exchange with the next.
  private static func distance(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    var before: [Int] = []
    var last = Array(0...other.count)
    for line in one.indices {
      var row = [line + 1]
      for column in other.indices {
        let changed = last[column] + (one[line] == other[column] ? 0 : 1)
        var least = min(last[column + 1] + 1, row[column] + 1, changed)
        if line > 0, column > 0, one[line] == other[column - 1], one[line - 1] == other[column] {
          least = min(least, before[column - 1] + 1)
        }
        row.append(least)
      }
      (before, last) = (last, row)
    }
    return last[other.count]
  }
}
