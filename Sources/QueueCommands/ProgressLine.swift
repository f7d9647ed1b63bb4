import ArgumentParser
import QueueCore
import Worker

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How the progress is told.
enum ProgressForm: String, CaseIterable, ExpressibleByArgument {
  /// A line that stays the last of the terminal.
  case auto
  /// Lines of text.
  case plain
  /// JSON Lines.
  case json
  case none
}

/// Tells how far the work is.
final class Progress {
  private let gate: OutputGate
  private let form: ProgressForm
  private let interval: Duration
  private var next = ContinuousClock.now

  init(_ gate: OutputGate, _ form: ProgressForm) {
    self.gate = gate
    self.form = form
    switch form {
    case .auto, .none: interval = .milliseconds(100)
    case .json: interval = .seconds(1)
    case .plain: interval = .seconds(10)
    }
  }

  func show(_ progress: WorkProgress) {
    guard form != .none, ContinuousClock.now >= next else { return }
    next = .now + interval
    let text = ProgressLine.text(progress)
    switch form {
    case .auto: gate.show(progress: String(text.prefix(max(ProgressLine.width - 1, 10))))
    case .plain: gate.say("q-work: " + text)
    case .json: gate.say(ProgressLine.json(progress, now: .now()))
    case .none: break
    }
  }

  func clear() { if form == .auto { gate.show(progress: "") } }
}

/// How far the work is, in a line: `1,234/10,000 12%  56/s  ETA 2m 36s  3 failed`.
enum ProgressLine {
  static func text(_ progress: WorkProgress) -> String {
    let counts = progress.counts
    let ended = counts.done + counts.failed
    var parts = ["\(ended.grouped)/\(counts.total.grouped)"]
    if counts.total > 0 { parts[0] += " \(ended * 100 / counts.total)%" }
    parts.append(rate(progress.rate))
    if let left = timeLeft(progress) { parts.append("ETA \(left.rough)") }
    parts.append("\(progress.running) running")
    if counts.failed > 0 { parts.append("\(counts.failed.grouped) failed") }
    return parts.joined(separator: "  ")
  }

  static func json(_ progress: WorkProgress, now: Timestamp) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("time", now)
      for status in Status.allCases { writer.member(status.rawValue, progress.counts[status]) }
      writer.member("total", progress.counts.total)
      writer.member("running", progress.running)
      writer.member("rate", progress.rate)
      if let left = timeLeft(progress) {
        writer.member("eta_s", left.wholeMicroseconds / 1_000_000)
      } else {
        writer.null("eta_s")
      }
    }
    return writer.text
  }

  /// By the recent rate; nil when nothing is left, or nothing moves.
  private static func timeLeft(_ progress: WorkProgress) -> Duration? {
    let counts = progress.counts
    let left = counts.total - counts.done - counts.failed
    // A rate of almost nothing would be a time beyond what a Duration holds.
    guard left > 0, progress.rate > 0, Double(left) / progress.rate < 1e8 else { return nil }
    return .seconds(Double(left) / progress.rate)
  }

  static func rate(_ rate: Double) -> String {
    if rate >= 10 { return "\(Int(rate.rounded()).grouped)/s" }
    let tenths = Int((rate * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)/s"
  }

  static var width: Int {
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
