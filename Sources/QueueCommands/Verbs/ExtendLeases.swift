import ArgumentParser
import Glibc
import QueueCore

/// `q-extend`: claims are held for longer.
struct ExtendLeases: QueueCommand {
  static let help = CommandHelp(
    "q-extend", "Hold claims of q-claim for longer.",
    usage: "[--lease DURATION] [options]",
    examples: [
      "q-extend --lease 10m < claims",
      "while sleep 20; do q-extend --quiet < claims || break; done &",
    ],
    sections: [
      HelpSection(
        "INPUT",
        intro: """
          Lines as q-claim prints them: a token; what stands behind it and a TAB is passed over. What is
          read is committed as it comes, at most 4,000 at a time. The lease runs from that moment on, so
          it may become shorter too.
          """)
    ],
    exits: [
      .success: "all of them are held",
      .badData: "lines without a token: each was named, the others are extended",
      .staleToken: "tokens that are not current: each was named, the others are extended",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Hold them for this long from now on: 90s, 10m, 2h (default: 60s).", valueName: "DURATION"))
  var lease: DurationArgument?

  @Flag(name: [.customShort("0"), .customLong("null")], help: "Lines end with NUL, not newline.")
  var nul = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  func validate() throws {
    if let lease, lease.duration <= .zero { throw ValidationError("--lease must be above zero") }
  }

  func execute() throws {
    try refuseTerminal()
    let store = try storeOptions.open()
    let length = lease?.duration ?? .seconds(60)
    var tally = LeaseTally(command: "q-extend", verb: "extended")
    defer { if !quiet { say(tally.summary) } }
    let lines = LineBatches(
      command: "q-extend", separator: nul ? 0 : UInt8(ascii: "\n"), limit: ClaimLines.longest,
      tooLong: "it is over 1 MiB")
    tally.bad = try lines.forEach { (line) throws(BadLine) in
      try ClaimLines.token(in: line)
    } _: { tokens in
      tally.take(try store.extend(tokens, by: length), to: tokens)
    }
    try tally.conclude()
  }
}

/// Throws when nobody has piped anything in.
func refuseTerminal() throws(CommandError) {
  guard isatty(STDIN_FILENO) == 1 else { return }
  throw CommandError(.usage, "standard input is a terminal: pipe in what q-claim printed")
}
