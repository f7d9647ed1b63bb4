import Foundation
import Glibc
import QueueTestKit

/// A directory of its own, from which a test runs the built commands. Removed when it goes.
final class Commands {
  struct Result {
    var status: Int32
    var output: String
    var error: String
  }

  let directory: String
  private var calls = 0

  init() {
    directory = "\(NSTemporaryDirectory())/q-commands-\(UInt32.random(in: 1 ... .max))"
    mkdir(directory, 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// Starts one on a store; what it says is appended to files.
  func start(_ words: [String], at address: String, input: String = "/dev/null") -> Running {
    calls += 1
    let name = "\(directory)/\(calls)"
    let streams = CommandProcess.Streams(
      input: input, output: name + ".out", error: name + ".err")
    let environment = ["Q_STORE": address, "XDG_RUNTIME_DIR": directory]
    return Running(CommandProcess(words, environment: environment, streams: streams), streams)
  }

  /// Runs one to its end; `input` is what it reads. The status is negative when it does not end.
  func run(_ words: [String], at address: String, input: String = "") throws -> Result {
    let file = "\(directory)/in"
    try Data(input.utf8).write(to: URL(filePath: file))
    return start(words, at: address, input: file).result()
  }

  /// Adds items, their ids in one text, with spaces in between.
  func enqueue(_ ids: String, at address: String) throws -> Result {
    try run(["q-enqueue"], at: address, input: ids.replacing(" ", with: "\n") + "\n")
  }

  /// Adds one in the end.
  func insist(onEnqueueing id: String, at address: String) throws -> Result {
    try insist(["q-enqueue"], at: address, input: id + "\n")
  }

  /// Runs one until it says that it did it: those that could not are to be run again.
  func insist(_ words: [String], at address: String, input: String = "") throws -> Result {
    for _ in 0..<500 {
      let result = try run(words, at: address, input: input)
      guard [74, 75].contains(result.status) else { return result }
      usleep(50_000)
    }
    return try run(words, at: address, input: input)
  }
}

/// A command that runs, and what it has said so far.
struct Running {
  let process: CommandProcess
  private let streams: CommandProcess.Streams

  init(_ process: CommandProcess, _ streams: CommandProcess.Streams) {
    (self.process, self.streams) = (process, streams)
  }

  var error: String { text(streams.error) }

  private func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  /// Waits for its end.
  func result(within seconds: Double = 120) -> Commands.Result {
    let status: Int32 =
      switch process.wait(within: seconds) {
      case .exited(let code)?: code
      case .signalled(let signal)?: -signal
      case nil: -99
      }
    return Commands.Result(status: status, output: text(streams.output), error: error)
  }
}
