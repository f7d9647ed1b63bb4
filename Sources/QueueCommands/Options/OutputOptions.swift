import ArgumentParser
import Glibc
import QueueCore
import Worker

/// How handlers' output comes out, and where else runs are recorded.
struct OutputOptions: ParsableArguments {
  @Flag(
    name: .spelled,
    help: "Let each line out as soon as it is whole; without this a handler's output, at its end.")
  var lineBuffer = false

  @Flag(
    name: [.customShort("k"), .long],
    help: "Let outputs out in the order of the claims; only the last run of an item has one.")
  var keepOrder = false

  @Flag(name: .spelled, help: "Begin each line with the item's id and a TAB.")
  var tag = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Put each line of a handler's standard output, an id or id TAB payload, into QUEUE, in the "
        + "transaction that makes the item done.",
      valueName: "QUEUE"))
  var emit: QueueArgument?

  @Flag(
    name: .spelled,
    help: ArgumentHelp(
      "Keep what a handler writes to standard output with its item, for q-results, in the transaction that "
        + "makes it done; it is not printed."))
  var collect = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "An item that gives back more fails for good: 100K, at most 16M (default: 1M).",
      valueName: "SIZE"))
  var collectLimit: SizeArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Note with each end that the item was handled by this: a version, or a checksum; see q-retry --stale.",
      valueName: "RECIPE"))
  var recipe: RecipeArgument?

  @Option(
    name: .spelled,
    help: ArgumentHelp(
      "Write what each run writes, and how it ended, to files in DIR, named after the id.",
      valueName: "DIR"),
    completion: .directory)
  var results: String?

  @Flag(
    name: .spelled, help: "Results survive power loss: they are synced before items are settled.")
  var syncResults = false

  @Option(
    name: .spelled,
    help: ArgumentHelp(
      "Append a line for each run to FILE, in the columns of GNU parallel.", valueName: "FILE"),
    completion: .file())
  var joblog: String?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Keep the end of what runs write, for q-show --output: of those that failed, of all, of none.",
      valueName: "WHICH"))
  var keepOutput: OutputKeeping = .failed

  func validate() throws {
    if lineBuffer && keepOrder {
      throw ValidationError("--line-buffer and --keep-order exclude each other")
    }
    if collectLimit != nil && !collect { throw ValidationError("--collect-limit needs --collect") }
    if let collectLimit, collectLimit.bytes > ItemResult.maximumLength {
      throw ValidationError("--collect-limit is at most 16M")
    }
    if collect && emit != nil {
      throw ValidationError("--collect and --emit exclude each other: both take standard output")
    }
    if collect && lineBuffer {
      throw ValidationError("--collect and --line-buffer exclude each other")
    }
    if syncResults && results == nil { throw ValidationError("--sync-results needs --results DIR") }
  }

  var form: OutputForm {
    var form = OutputForm()
    form.order = lineBuffer ? .lines : keepOrder ? .claims : .ends
    form.hasTags = tag
    form.hidesOutput = emit != nil || collect
    return form
  }

  /// Refuses results in the store itself: what is there is the store's, and may go.
  func refuseResults(in store: String) throws(CommandError) {
    guard let results else { return }
    let (place, home) = (Self.resolved(results), Self.resolved(store))
    guard place == home || place.hasPrefix(home + "/") else { return }
    throw CommandError(
      .usage, "results cannot be in the store: \(results): name a directory outside of \(store)")
  }

  /// The path without links, as far as it is there.
  private static func resolved(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard let slash = path.lastIndex(of: "/") else { return resolved(".") + "/" + path }
    let (parent, name) = (String(path[..<slash]), path[slash...])
    if name == "/" { return resolved(parent) }
    return slash == path.startIndex ? path : resolved(parent) + name
  }

  /// Opens what runs are recorded in.
  func recorders() throws(CommandError) -> [any RunRecorder] {
    var recorders: [any RunRecorder] = []
    if let results { recorders.append(try ResultFiles(results, syncs: syncResults)) }
    if let joblog { recorders.append(try JobLog(joblog)) }
    return recorders
  }
}
