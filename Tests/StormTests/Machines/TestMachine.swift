import Foundation
import QueueTestKit

/// A machine of a test network that works on a queue: whatever ends its q-work short of the end starts another one.
final class TestMachine {
  /// What makes it more of a machine of its own.
  enum Kind {
    case plain
    /// Its processes have numbers that others give, too.
    case ownProcesses
    /// Its wall clock is an hour ahead, its others by 1,000,000 s.
    case otherClock
  }

  /// What runs on it.
  enum Part {
    case worker, guardian, handler
  }

  let place: TestNetwork.Place
  private let mark: String
  private let directory: String
  private var supervisor: CommandProcess?
  /// What else its q-work is told.
  var environment: [String: String] = [:]
  private let kind: Kind

  init(in network: TestNetwork, _ kind: Kind = .plain) throws {
    place = try network.addPlace()
    self.kind = kind
    mark = place.namespace
    directory = "\(network.directory)/\(place.address)"
    try FileManager.default.createDirectory(
      atPath: directory + "/run", withIntermediateDirectories: true)
    chmod(directory + "/run", 0o700)
  }

  deinit { powerOff() }

  /// Works on the store until nothing is left to do. `options` are q-work's, its handler is behind.
  func work(_ store: String, ledger: String, _ options: [String], longest: Int) throws {
    unlink(directory + "/said")
    unlink(directory + "/exits")
    let program = CommandProcess.products + "/q-postgres"
    let clock = CommandProcess.products + "/clock.so"
    if kind == .otherClock {
      try "3600".write(toFile: directory + "/clock", atomically: true, encoding: .utf8)
    }
    let preload =
      kind == .otherClock
      ? "export LD_PRELOAD='\(clock)' CLOCK_FILE='\(directory)/clock'; " : ""
    let words = options.map { "'\($0)'" }.joined(separator: " ")
    try """
    while true; do
      status=0
      (\(preload)exec -a q-work '\(program)' \(words)) || status=$?
      echo $status >>'\(directory)/exits'
      [ $status != 0 ] || exit 0
      sleep 0.2
    done
    """.write(toFile: directory + "/supervisor", atomically: true, encoding: .utf8)
    var prefix = place.prefix
    switch kind {
    case .plain: break
    case .ownProcesses: prefix += ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    case .otherClock:
      prefix += [
        "unshare", "--time", "--fork", "--kill-child", "--monotonic", "1000000", "--boottime",
        "1000000",
      ]
    }
    supervisor = CommandProcess(
      prefix + ["/bin/bash", directory + "/supervisor"],
      environment: [
        "MACHINE": mark, "Q_STORE": store, "XDG_RUNTIME_DIR": directory + "/run", "LEDGER": ledger,
        "LONGEST": "\(longest)",
      ].merging(environment) { $1 },
      streams: .init(output: directory + "/said", error: directory + "/said"))
  }

  /// Its q-work found nothing left to do.
  var isDone: Bool { supervisor?.poll() == .exited(0) }

  /// How its q-works ended.
  var exits: [String] { text("exits").split(separator: "\n").map(String.init) }
  var said: String { text("said") }

  private func text(_ name: String) -> String {
    FileManager.default.contents(atPath: "\(directory)/\(name)")
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The processes that run here, without the supervisor's.
  func processes(_ part: Part) -> [pid_t] {
    everything().filter { _, environment, words in
      let isHandler = environment.contains { $0.hasPrefix("Q_TOKEN=") }
      let isGuard = words.count > 1 && words[0] == "q-postgres" && words[1] == "guard"
      switch part {
      case .handler: return isHandler
      case .guardian: return !isHandler && isGuard
      case .worker: return !isHandler && words.first == "q-work"
      }
    }.map(\.0)
  }

  private func everything() -> [(pid_t, [String], [String])] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.compactMap { pid in
      let environment = Self.words("/proc/\(pid)/environ")
      guard environment.contains("MACHINE=\(mark)") else { return nil }
      return (pid, environment, Self.words("/proc/\(pid)/cmdline"))
    }
  }

  private static func words(_ path: String) -> [String] {
    (FileManager.default.contents(atPath: path) ?? Data()).split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func signal(_ parts: [Part], _ signal: Int32) {
    for part in parts { for pid in processes(part) { kill(pid, signal) } }
  }

  /// Nothing runs here any more.
  func powerOff() {
    supervisor?.send(SIGKILL)
    _ = becomesTrue(within: 20) {
      let left = everything()
      for (pid, _, _) in left { kill(pid, SIGKILL) }
      return left.isEmpty
    }
    _ = supervisor?.wait()
    supervisor = nil
  }
}
