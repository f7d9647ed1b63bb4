import ArgumentParser
import Glibc
import QueueCore
import Worker

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
    let retries = counts.delayed - min(counts.delayed, counts.scheduled)
    if progress.running > 0 || counts.pending + counts.delayed == 0 {
      parts.append("\(progress.running) running")
    } else if counts.pending == 0, retries > 0 {
      parts.append("\(retries.grouped) waiting to be retried")
    } else if counts.pending == 0 {
      parts.append("\(counts.scheduled.grouped) due later")
    } else {
      parts.append("\(counts.pending.grouped) waiting")
    }
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
      writer.member("rate_per_second", progress.rate)
      if let left = timeLeft(progress) {
        writer.member("eta_seconds", left.inSeconds)
      } else {
        writer.null("eta_seconds")
      }
    }
    return writer.text
  }

  /// By the recent rate; nil when nothing is left, or nothing moves.
  private static func timeLeft(_ progress: WorkProgress) -> Duration? {
    Throughput(rate: progress.rate)?.eta(progress.counts)
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
  /// The duration in seconds, with its parts.
  var inSeconds: Double { Double(wholeMicroseconds) / 1_000_000 }

  /// The duration for people, in its two largest units: 0.9s, 12s, 2m 36s.
  var rough: String {
    let seconds = wholeMicroseconds / 1_000_000
    switch seconds {
    case ..<10:
      let tenths = max((wholeMicroseconds + 50_000) / 100_000, 1)
      return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m \(seconds % 60)s"
    case ..<86_400: return "\(seconds / 3_600)h \(seconds / 60 % 60)m"
    default: return "\(seconds / 86_400)d \(seconds / 3_600 % 24)h"
    }
  }
}
