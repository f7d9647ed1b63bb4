import ArgumentParser
import QueueCore

/// `q-compact`: the room of what is gone, given back to the file system.
struct Compact: ExplainedCommand {
  static let help = CommandHelp(
    "q-compact", "Give the room of removed items back to the file system.",
    usage: "[-s DIR] [--timeout DURATION] [--json] [--quiet]",
    examples: [
      "q-remove --status done --yes && q-compact",
      "q-compact --timeout 1m",
      "du -sh .q; q-compact --quiet; du -sh .q",
    ],
    sections: [
      HelpSection(
        "WHAT HAPPENS",
        intro: """
          A store's file does not shrink: the room of what is removed is used for what comes. q-compact copies what
          is in use into a new file, which takes the old one's place at once and durably; until then the file
          system needs room for both.

          Nobody has to end. Every command that has the store open leaves it between two transactions, waits, and
          goes on with the new file: q-work, streams and claims too, and whoever waits for its input or for a
          reader of its output. Handlers go on meanwhile, leases and time-outs run on. Who begins meanwhile waits
          up to 10 s, and ends with 75 then.

          It waits up to --timeout for those who do not leave, a q-copy or a process that is stopped: 75, naming
          them, and nothing has changed. Killed at any moment, it leaves the old file or the new one; what else it
          has left the next command removes.
          """)
    ],
    exits: [
      .success: "the store is compacted",
      .inputOutput: "no room for the copy: the store is as it was",
      .temporary: "others did not leave the store in time: nothing has changed",
    ],
    lacks: ["--queue": "it compacts all queues of the store"])

  @OptionGroup var place: PlaceOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Wait no longer than this for others to leave: 90s, 10m, 2h; a bare number is seconds (default: 10s).",
      valueName: "DURATION"))
  var timeout: DurationArgument?

  @Flag(name: .spelled, help: "What came of it as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  func execute() throws {
    let store = try place.open()
    let compaction = try store.compact(within: timeout?.duration ?? .seconds(10))
    if json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("version", 1)
        writer.member("store", store.address)
        writer.member("bytes_before", compaction.before)
        writer.member("bytes_after", compaction.after)
        writer.member("duration_ms", UInt64(compaction.took.wholeMicroseconds / 1_000))
      }
      var output = DataOutput()
      try output.write(writer.text + "\n")
      try output.flush()
    }
    guard !quiet else { return }
    let milliseconds = compaction.took.wholeMicroseconds / 1_000
    let took =
      milliseconds < 1_000 ? "\(milliseconds) ms" : "\((Double(milliseconds) / 1_000).short) s"
    let sizes = "\(compaction.before.inBytes) → \(compaction.after.inBytes)"
    say("compacted \(store.address): \(sizes), in \(took)")
  }
}
