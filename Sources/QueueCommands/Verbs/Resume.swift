import ArgumentParser
import QueueCore

/// `q-resume`: the end of a pause.
struct Resume: QueueCommand {
  static let help = CommandHelp(
    "q-resume", "Let workers claim again from a queue that was paused.",
    usage: "[-s DIR] [-q NAME]",
    examples: [
      "q-resume",
      "q-pause && ./deploy.sh && q-resume",
    ],
    exits: [
      .success: "the queue is not paused, now or before"
    ])

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
