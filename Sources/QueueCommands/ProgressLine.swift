import QueueCore
import Worker

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The line that shows how far the work is: `1,234/10,000 12%  56/s  ETA 2m 36s  3 failed`.
final class ProgressLine {
  private static let interval: Duration = .milliseconds(100)
  private let gate: OutputGate
  private let isShown: Bool
  private var next = ContinuousClock.now

  init(_ gate: OutputGate, isShown: Bool) {
    self.gate = gate
    self.isShown = isShown
  }

  func show(_ progress: WorkProgress) {
    guard isShown, ContinuousClock.now >= next else { return }
    next = .now + Self.interval
    gate.show(progress: String(Self.text(progress).prefix(max(Self.width - 1, 10))))
  }

  func clear() { gate.show(progress: "") }

  static func text(_ progress: WorkProgress) -> String {
    let counts = progress.counts
    let ended = counts.done + counts.failed
    var parts = ["\(ended.grouped)/\(counts.total.grouped)"]
    if counts.total > 0 { parts[0] += " \(ended * 100 / counts.total)%" }
    parts.append(rate(progress.rate))
    let left = counts.total - ended
    // A rate that has decayed to almost nothing would be an ETA beyond what a Duration holds.
    if left > 0, progress.rate > 0, Double(left) / progress.rate < 1e8 {
      parts.append("ETA \(Duration.seconds(Double(left) / progress.rate).rough)")
    }
    parts.append("\(progress.running) running")
    if counts.failed > 0 { parts.append("\(counts.failed.grouped) failed") }
    return parts.joined(separator: "  ")
  }

  static func rate(_ rate: Double) -> String {
    if rate >= 10 { return "\(Int(rate.rounded()).grouped)/s" }
    let tenths = Int((rate * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)/s"
  }

  private static var width: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : 80
  }
}

extension Duration {
  /// The duration for people, in its two largest units: 2m 36s.
  var rough: String {
    let seconds = wholeMicroseconds / 1_000_000
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m \(seconds % 60)s"
    case ..<86_400: return "\(seconds / 3_600)h \(seconds / 60 % 60)m"
    default: return "\(seconds / 86_400)d \(seconds / 3_600 % 24)h"
    }
  }
}
