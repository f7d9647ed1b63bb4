/// What is said of a value that will not do: what is valid, with an example.
enum InvalidValue {
  /// The forms of values, by the name that the help has for them, or by their option where that says
  /// more.
  static let forms: [String: String] = [
    "DURATION": "a number with ms, s, m, h or d behind it, like 90s or 10m; bare it means seconds",
    "BASE..MAX": "two durations, the shorter one first, like 1s..5m",
    "RATE": "items in a time, like 60/m or 5/s",
    "LIST": "exit statuses from 1 to 255, like 1-9,75",
    "NAME=VALUES":
      "a name of letters, digits and _, and values, like gpu=0,1 or ip=@FILE with a value a line",
    "GROUP": "a group's name: 1 to 500 bytes without a newline",
    "BATCH": "a batch's name: 1 to 500 bytes without a newline",
    "RECIPE": "text of 1 to 1,000 bytes without a newline, like v2",
    "CONFLICT": "skip, replace or error",
    "CHANGED": "ignore, requeue or error",
    "--requeue": "a status in which items have ended: done or failed",
    "WHAT":
      "host, dir, ext, the number of a column of --tsv, or .NAME of a member of --jsonl",
    "UNIT=AMOUNT": "a unit and an amount with at most six places, like usd=0.02 or tokens=2k",
    "SIZE": "a number of bytes with K, M, G or T behind it, like 4G or 500M",
    "LOAD": "a number above 0, like 8 or 1.5",
    "WHEN,fail=N":
      "soon or now, and a number or a part of the items, like soon,fail=3 or now,fail=10%",
    "0..255": "a number from 0 to 255, like 10; 0 is the most urgent",
    "MODE": "permissions in octal that leave the owner all rights, like 2770 or 700",
    "STATUS": "a status: pending, delayed, processing, done or failed",
    "status": "a status: pending, delayed, processing, done or failed",
    "N": "a whole number, like 10",
    "NAME": queueName,
    "QUEUE": queueName,
    "READER": queueName,
    "$Q_QUEUE": queueName,
    "q-list --after": "a \"key\" or the \"next\" that q-list --json has printed",
    "-j": "a number from 1 to 4,096, like 16, or auto",
    "-P": "a number from 1 to 4,096, like 16, or auto",
    "--workers": "a number from 1 to 4,096, like 16, or auto",
    "q-claim -n": "a number from 1 to 4,000, like 100",
    "outcome": "an outcome: done, failed, deferred or released",
    "-n": "a number from 1 to 10,000, like 100, or auto",
    "--items": "a number from 1 to 10,000, like 100, or auto",
    "--window": "a number from 1 to 16,384, like 256",
    "--stream-form": "plain or json",
    "--max-attempts": "a number from 1 on, like 3",
    "--max-losses": "a number from 0 on, like 5; 0 sets no limit",
    "--limit": "a number of items, like 100",
    "FORM": "auto, plain, json or none",
    "WHICH": "failed, all or none",
    "SHELL": "bash, zsh or fish",
  ]

  private static let queueName = "1 to 64 letters, digits, _, . and -, the first no . or -"

  /// The parser's words to a command with what is valid behind them; nil where they are of something else, or say so.
  static func explained(_ message: String, of command: String) -> String? {
    for (start, middle) in [("Missing value for '", ""), ("The value '", "' is invalid for '")] {
      guard message.hasPrefix(start), message.hasSuffix("'"),
        let place = middle.isEmpty
          ? message.index(message.startIndex, offsetBy: start.count)
          : message.ranges(of: middle).last?.upperBound,
        let form = form(of: message[place...].dropLast(), command)
      else { continue }
      return message + ": it takes " + form
    }
    return nil
  }

  /// The form of the values of `--workers <N>`, or of `<status>`.
  private static func form(of target: Substring, _ command: String) -> String? {
    let words = target.replacing(", ", with: " ").split(separator: " ")
      .map { $0.filter { !"<>".contains($0) } }
    return words.lazy.compactMap { forms["\(command) \($0)"] ?? forms[$0] }.first
  }
}
