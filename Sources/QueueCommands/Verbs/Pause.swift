import ArgumentParser
import QueueCore

/// `q-pause`: nothing is claimed until the queue is resumed.
struct Pause: QueueCommand {
  static let help = CommandHelp(
    "q-pause", "Let workers claim no more from a queue.",
    usage: "[-s DIR] [-q NAME] [--for DURATION]",
    examples: [
      "q-pause",
      "q-pause --for 10m",
      "echo q-resume | at 06:00",
    ],
    sections: [
      HelpSection(
        "WHAT HAPPENS",
        intro: """
          Workers claim no more at once; handlers that run go on to their end. A q-work that has nothing
          else to do waits for the end of a pause --for a time, and ends with 75 in one without an end,
          unless it follows. Items may be enqueued. q-stats shows the pause.
          """)
    ],
    exits: [
      .success: "the queue is paused"
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .customLong("for"), parsing: .unconditional,
    help: ArgumentHelp(
      "Only for this long: 90s, 10m, 2h, 1d; a bare number is seconds.", valueName: "DURATION"))
  var length: DurationArgument?

  @Flag(name: .spelled, help: "The queue's state as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  func execute() throws {
    let store = try storeOptions.open()
    let queue = try storeOptions.summary(in: store).name
    var pause = QueueSettings.Pause.indefinite
    try store.configure(queue) { settings, now in
      if let length { pause = .until(now + length.duration) }
      settings.pause = pause
    }
    let running = try storeOptions.summary(in: store).counts.processing
    if json { try PauseState.write(queue, pause) }
    guard !quiet else { return }
    var end = "until q-resume"
    if case .until(let moment) = pause { end = "until \(moment.rfc3339)" }
    say("\(queue) is paused \(end); \(running.counting("item")) being processed")
  }
}

/// A pause as programs read it.
enum PauseState {
  static func write(_ queue: QueueName, _ pause: QueueSettings.Pause?) throws {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("queue", queue.text)
      writer.member("paused", pause != nil)
      if case .until(let moment)? = pause { writer.member("until", moment) }
    }
    var output = DataOutput()
    try output.write(writer.text + "\n")
    try output.flush()
  }
}
