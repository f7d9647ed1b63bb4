import ArgumentParser
import QueueCore

/// `q-copy`: a copy of a store in use.
struct Copy: ExplainedCommand {
  static let help = CommandHelp(
    "q-copy", "Copy a store while it is in use.",
    usage: "[-s DIR] [--compact] [--json] [--quiet] DEST",
    examples: [
      "q-copy /backup/q-$(date +%F)",
      "q-copy --compact /mnt/q && rsync -a /mnt/q/ host:q/",
      "q-copy trial && q-work -s trial --workers 2 -- ./new-handler.sh",
    ],
    sections: [
      HelpSection(
        "WHAT IS COPIED",
        intro: """
          Everything, as it is at one moment, while others work on. The copy is looked at as q-check does before it
          is there; DEST is a store when q-copy has ended with 0, and not before. DEST is a directory that is empty,
          or made, with the store's permissions. What a q-copy that was killed has left there the next one to the
          same place removes.

          The copy is a store of its own. Nobody works on it: what is claimed in the store when the copy is made is
          pending in the copy, as if it had never been claimed, nothing counted. Tokens of the one mean nothing in
          the other. So work on one of them only, or what is done twice is done twice.

          --compact leaves out the room of what is gone: the copy is as small as q-compact makes a store. Without,
          the file is copied as it is, which is faster for one that is full.
          """)
    ],
    exits: [
      .success: "DEST is a store: durable, and sound"
    ],
    instead: [
      .badData: "the store is damaged, or its copy is not sound: none is there",
      .noInput: "no such store",
      .cannotCreate: "DEST is not empty, or cannot be made",
      .inputOutput: "a read or write failed, or there is no room for the copy: none is there",
    ],
    lacks: ["--queue": "it copies all queues of the store"])

  @OptionGroup var place: PlaceOptions

  @Flag(name: .spelled, help: "Leave out the room of what is gone.")
  var compact = false

  @Flag(name: .spelled, help: "What came of it as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @Argument(
    help: ArgumentHelp("Where the copy is to be.", valueName: "DEST"), completion: .directory)
  var destination: String

  func validate() throws {
    if destination.isEmpty { throw ValidationError("DEST needs a directory: it is empty") }
  }

  func execute() throws {
    let store = try place.open()
    let copy = try store.copy(to: destination, compacting: compact)
    if json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("version", 1)
        writer.member("store", store.address)
        writer.member("copy", copy.address)
        writer.member("items", copy.items)
        writer.member("released", UInt64(copy.released))
        writer.member("bytes", copy.bytes)
      }
      var output = DataOutput()
      try output.write(writer.text + "\n")
      try output.flush()
    }
    guard !quiet else { return }
    let claimed =
      copy.released > 0 ? ", of which \(copy.released.grouped) were claimed and are pending" : ""
    let items = copy.items.counting("item") + claimed
    say("copied \(store.address) to \(copy.address): \(items); \(copy.bytes.inBytes)")
  }
}
