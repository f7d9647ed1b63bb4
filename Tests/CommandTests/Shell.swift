import Foundation
import QueueTestKit

/// A directory of its own in which a test types commands, as a person would, with the built ones on
/// its PATH. Removed when it goes.
final class Shell {
  struct Result: Equatable {
    var status: Int32
    /// `DIR` stands for the shell's directory.
    var output: String
    var error: String
  }

  /// All commands, in the order in which `q` names them.
  static let verbs = [
    "enqueue", "work", "stats", "list", "show", "retry", "remove", "pause", "resume", "wait",
    "claim", "extend", "settle", "results", "config", "prune", "compact", "copy", "export",
    "import", "check",
  ]

  /// The root of the checkout.
  static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  let directory: String
  /// Where its store is when that is not a directory: `Q_ENGINE=postgres`.
  private let address: String?
  private var calls = 0

  init() throws {
    let place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    directory = "\(place)/q-shell-\(UUID().uuidString)"
    address = Self.isOnServer ? PostgresServer.shared.newAddress() : nil
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  /// Whether the default store of all lines is on a server.
  static let isOnServer = ProcessInfo.processInfo.environment["Q_ENGINE"] == "postgres"

  deinit {
    endProcesses()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Ends what a line has left running: each carries the shell's directory in its environment.
  private func endProcesses() {
    let mark = Data("TEST_SHELL=\(directory)\0".utf8)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(name),
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        data.range(of: mark) != nil
      else { continue }
      kill(pid, SIGKILL)
    }
  }

  /// Runs a line of bash to its end; pipelines fail as their last failing part does.
  @discardableResult
  func run(_ line: String, within seconds: Double = 60) throws -> Result {
    calls += 1
    let (output, error) = ("\(directory)/.out\(calls)", "\(directory)/.err\(calls)")
    let path = "\(CommandProcess.products):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    var environment = ["PATH": path, "LC_ALL": "C", "TEST_SHELL": directory]
    environment["Q_STORE"] = address
    let process = CommandProcess(
      ["/bin/bash", "-c", "set -o pipefail; cd '\(directory)'; \(line)"],
      environment: environment,
      streams: CommandProcess.Streams(output: output, error: error))
    let status: Int32
    switch process.wait(within: seconds) {
    case .exited(let code)?: status = code
    case .signalled(let signal)?: status = 128 + signal
    case nil: status = -1
    }
    return Result(status: status, output: try text(output), error: try text(error))
  }

  /// What a line prints, and its status, one behind the other: for a comparison with one text.
  func says(_ line: String) throws -> String {
    let result = try run(line)
    return result.output + result.error + "=> \(result.status)"
  }

  private func text(_ path: String) throws -> String {
    var text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    if let address { text = text.replacing(address, with: "DIR/.q") }
    return text.replacing(directory, with: "DIR")
  }
}
