import ArgumentParser
import QueueCore

/// `q-check`: whether the store is sound.
struct Check: ExplainedCommand {
  static let help = CommandHelp(
    "q-check", "Look at everything in the store and say whether it is sound.",
    usage: "[-s DIR] [--repair] [--quiet]",
    examples: [
      "q-check && cp -a .q /backup/",
      #"q-check --quiet || echo "look at the store" | mail -s queue me"#,
      "cp -a .q /backup/ && q-check --repair",
    ],
    sections: [
      HelpSection(
        "CHECKS",
        intro: """
          Every item is in exactly one status; every id leads to its item and every item has
          its id; every delayed item is due; every count equals what is there; enqueued =
          pending + delayed + processing + done + failed + removed, in every queue.

          Looks at what is there when it begins, some thousand items at a time; other commands go on
          meanwhile, and what it finds is there all the same. Changes nothing, without --repair.
          """),
      HelpSection(
        "REPAIRS",
        intro: """
          What can be derived from the rest of the store is made again, in one transaction; the first
          100 repairs are a line each on standard output. Entries of ids and due, counts, names, numbers,
          files other than the data; claims of workers that nobody knows. An item in no status is
          pending; of several the one further on counts: done stays done. An item whose payload is lost,
          or whose record was and is made again from its id, is failed, for you to look at: no handler
          runs without its payload. What belongs to no item goes, and so does an item whose id is lost.

          Make a copy first, and end all workers and what they have started: as long as one lives,
          nothing is repaired but missing files; for those end all commands that use the store. Damage to
          LMDB's own pages cannot be repaired: take what q-list still reads.
          """),
    ],
    exits: [
      .success: "sound, with --repair perhaps since now",
      .temporary: "with --repair: a worker lives",
    ],
    instead: [
      .badData: "not sound: each finding is a line on standard output",
      .noInput: "no such store",
    ],
    lacks: ["--queue": "it looks at all queues of the store"])

  @OptionGroup var place: PlaceOptions

  @Flag(name: .spelled, help: "Make again what can be derived, and say what.")
  var repair = false

  @Flag(name: .spelled, help: "Say nothing; the exit status tells.")
  var quiet = false

  private func tell(_ repairs: Repairs, _ output: inout DataOutput) throws {
    guard repairs.count > 0 && !quiet else { return }
    for repair in repairs.described { try output.write(repair + "\n") }
    try output.flush()
    let described = UInt64(repairs.described.count)
    let more = repairs.count > described ? ", of which \(described.grouped) are shown" : ""
    say("\(repairs.count.counting("repair"))\(more)")
  }

  func execute() throws {
    var output = DataOutput()
    if repair {
      let address = try place.address
      try tell(
        address.engine.repairPlace(address.place, trust: place.isTrusted(address)), &output)
    }
    let store = try place.open()
    if repair { try tell(store.repair(), &output) }
    let audit = try store.audit()
    if !quiet {
      for finding in audit.findings { try output.write(finding + "\n") }
      try output.flush()
    }
    guard audit.count == 0 else {
      let described = UInt64(audit.findings.count)
      let more = audit.count > described ? ", of which \(described.grouped) are shown" : ""
      throw CommandError(
        .badData, "not sound: \(store.address): \(audit.count.grouped) findings\(more)")
    }
    if !quiet { say("sound: \(audit.items.grouped) items in \(store.address)") }
  }
}
