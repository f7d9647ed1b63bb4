import Foundation
import QueueTestKit

extension StoreFixture {
  /// A line of bash beside the store, which it knows as `store`: what it printed, and its status
  /// behind that (-1: it does not end). `DIR` stands for the fixture's directory.
  func says(_ line: String, within seconds: Double = 30) -> String {
    let output = directory + "/says-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: output) }
    let path = "\(CommandProcess.products):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    // What this process has open for other tests is not the command's.
    let closing =
      #"for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ $fd -lt 3 ] || eval "exec $fd>&-"; done"#
    let process = CommandProcess(
      ["/bin/bash", "-c", "\(closing); cd '\(directory)'; \(line)"],
      environment: ["PATH": path, "LC_ALL": "C", "Q_STORE": store, "LEDGER": ledger],
      streams: .init(output: output, error: output))
    let status: Int32
    switch process.wait(within: seconds) {
    case .exited(let code)?: status = code
    case .signalled(let signal)?: status = 128 + signal
    case nil: status = -1
    }
    return text(of: output).replacing(directory, with: "DIR") + "=> \(status)"
  }
}
