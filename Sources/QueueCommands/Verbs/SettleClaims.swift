import ArgumentParser
import Glibc
import QueueCore
import System

/// `q-settle`: claims end.
struct SettleClaims: QueueCommand {
  static let help = CommandHelp(
    "q-settle", "End claims of q-claim: say what became of their items.",
    usage: "done|failed|deferred|released [options]",
    examples: [
      "q-settle done <<< \"$claim\"",
      "q-settle failed --note 'no such page' <<< \"$token\"",
      "q-settle deferred --in 10m < later",
      #"jq -c '{token, outcome: "done", note: .title}' results | q-settle --json"#,
    ],
    sections: [
      HelpSection(
        "OUTCOMES",
        rows: [
          ("done", "the item is done"),
          (
            "failed",
            "an attempt failed: tried again after a while; the last one, or --final: for good"
          ),
          ("deferred", "later, uncharged: in 1s, doubling to 5m, or --in"),
          ("released", "given back at once, uncharged"),
        ],
        outro: """
          Attempts and waits go by what the item's own queue is set to: see q-config.
          """),
      HelpSection(
        "INPUT",
        intro: """
          Lines as q-claim prints them: a token; what stands behind it and a TAB is passed over. --json: an
          object a line with the members token, outcome (else the operand's), note (note_b64), in, a
          duration for what is deferred, spend, an object of units with their numbers, result, a value or text that the item gives back, and emit, a list of items that come in the same transaction
          if this makes their parent done: objects with queue, id (id_b64) and payload (payload_b64),
          at most 10,000 of them and 16 MiB, else the parent fails. Others are passed over. What is read is settled in order and
          committed as it comes, at most 4,000 at a time. The token is all it takes, in any process.
          """),
    ],
    exits: [
      .success: "all of them are settled",
      .badData: "lines that mean nothing: each was named, the others are settled",
      .staleToken: "tokens that are not current: each was named, the others are settled",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "What failed is not tried again.")
  var final = false

  @Option(
    name: .customLong("in"), parsing: .unconditional,
    help: ArgumentHelp(
      "Try what is deferred again after this long: 90s, 10m, 2h.", valueName: "DURATION"))
  var wait: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Keep this with the items: why, or what; at most 4 KiB.", valueName: "TEXT"))
  var note: String?

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What was spent on each item: usd=0.0123. May stand several times.",
      valueName: "UNIT=AMOUNT"))
  var spend: [AmountArgument] = []

  @Option(
    name: .spelled,
    help: ArgumentHelp(
      "What the items give back, for q-results; at most 16 MiB. It is kept of those that are done.",
      valueName: "FILE"), completion: .file())
  var resultFile: String?

  @Flag(name: .spelled, help: "Lines are JSON objects; the outcome may stand in them.")
  var json = false

  @Flag(name: [.customShort("0"), .customLong("null")], help: "Lines end with NUL, not newline.")
  var nul = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @Argument(help: ArgumentHelp("What became of the items.", valueName: "outcome"))
  var outcome: OutcomeArgument?

  func validate() throws {
    if !json && outcome == nil {
      throw ValidationError("the outcome is missing: done, failed, deferred or released")
    }
    _ = try spend.amounts(of: "--spend")
    if json && nul { throw ValidationError("--json and -0 exclude each other") }
    if final, !json, outcome != .failed { throw ValidationError("--final is for failed") }
    if wait != nil, !json, outcome != .deferred { throw ValidationError("--in is for deferred") }
  }

  func execute() throws {
    try refuseTerminal()
    let store = try storeOptions.open()
    let spent = try spend.amounts(of: "--spend")
    let result = try resultFile.map { try Self.result(in: $0) }
    var tally = LeaseTally(command: "q-settle", verb: "settled")
    defer { if !quiet { say(tally.summary) } }
    let lines = LineBatches(
      command: "q-settle", separator: nul ? 0 : UInt8(ascii: "\n"),
      limit: json ? SettleLine.longest : ClaimLines.longest,
      tooLong: json ? "it is over 64 MiB" : "it is over 1 MiB")
    tally.bad = try lines.forEach { (line) throws(BadLine) in
      var end = try json ? settlement(ofJSON: line) : settlement(of: line)
      end.spent.add(spent)
      end.result = end.result ?? result
      return end
    } _: { ends in
      let settled = try store.settle(ends)
      tally.emitted += settled.emitted
      tally.take(settled.answers, to: ends.map(\.token))
    }
    try tally.conclude()
  }

  private static func result(in path: String) throws -> ItemResult {
    do throws(SystemError) {
      let file = try FileDescriptor(opening: path, O_RDONLY)
      let bytes = try readToEnd(of: file.number, limit: ItemResult.maximumLength + 1, path)
      guard bytes.count <= ItemResult.maximumLength else {
        throw SystemError("read", path, code: EFBIG)
      }
      return ItemResult(bytes)
    } catch {
      throw CommandError(.noInput, "cannot read the result: \(error)")
    }
  }

  private func settlement(of line: ArraySlice<UInt8>) throws(BadLine) -> LeaseSettlement {
    try settlement(
      ClaimLines.token(in: line), outcome, note: Array((note ?? "").utf8), wait: wait?.duration,
      emitted: [])
  }

  private func settlement(ofJSON line: ArraySlice<UInt8>) throws(BadLine) -> LeaseSettlement {
    let read = line.withUnsafeBytes { bytes in
      Result { () throws(BadLine) in try SettleLine(bytes) }
    }
    let said = try read.get()
    let ending = said.outcome ?? outcome
    if said.wait != nil, ending != .deferred { throw BadLine(why: "in is for what is deferred") }
    var end = try settlement(
      said.token, ending, note: said.note ?? Array((note ?? "").utf8),
      wait: said.wait ?? wait?.duration, emitted: said.emitted)
    (end.spent, end.result) = (said.spent, said.result)
    return end
  }

  private func settlement(
    _ token: Token, _ ending: OutcomeArgument?, note: [UInt8], wait: Duration?, emitted: [Emission]
  ) throws(BadLine) -> LeaseSettlement {
    let ended: Outcome
    switch ending {
    case .done?: ended = .succeeded
    case .failed?: ended = .failed(final: final)
    case .deferred?: ended = .deferred(for: wait)
    case .released?: ended = .released
    case nil: throw BadLine(why: "neither the line nor the operand has an outcome")
    }
    if !Emission.areFew(emitted) {
      // Never done without its children.
      let why = "emit: it emits \(Emission.tooMany)"
      return LeaseSettlement(
        token: token, outcome: .failed(final: true), note: Array(why.utf8), jitter: 0)
    }
    return LeaseSettlement(
      token: token, outcome: ended, note: Array(note.prefix(RunSummary.maximumMessage)),
      // A random number is a call of the system.
      jitter: ending == .failed ? .random(in: 0..<1) : 0, emitted: emitted)
  }
}
