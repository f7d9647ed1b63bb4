import ArgumentParser
import LMDBStore
import QueueCore

/// `q-resume`: the end of a pause.
struct Resume: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-resume",
    abstract: "Let workers claim again from a queue that was paused.",
    usage: "q-resume [-s DIR] [-q NAME]",
    discussion: """
      EXAMPLES
        q-resume
        q-pause && ./deploy.sh && q-resume
      """,
    version: "q-resume \(version)",
    aliases: ["resume"])

  static let notes = """
    EXIT STATUS
      0  the queue is not paused, now or before
      64 usage
      65 the store is damaged: see q-check
      66 no such store or queue
      69, 77, 78
         a store that cannot be used, may not be, or has another format
      74 a read or write failed
      75 the store was busy
    """

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "The queue's state as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  func execute() throws {
    let store = try storeOptions.open()
    let summary = try storeOptions.summary(in: store)
    let wasPaused = summary.isPaused(at: store.now)
    try store.configure(summary.name) { settings, _ in settings.pause = nil }
    if json { try PauseState.write(summary.name, nil) }
    guard !quiet else { return }
    let waiting = summary.counts.pending
    say(
      wasPaused
        ? "\(summary.name) goes on; \(waiting.counting("item")) pending"
        : "\(summary.name) was not paused")
  }
}
