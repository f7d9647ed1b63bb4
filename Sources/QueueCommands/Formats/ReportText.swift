import Glibc
import QueueCore
import Worker

/// The final report of a worker: for people, at most 25 lines and 4 KB; for programs, JSON.
enum ReportText {
  private static let maximumGroups = 10

  /// `options`: those that name the store and the queue, for what to do next.
  static func text(_ report: WorkReport, options: String = "") -> String {
    var lines = [headline(report)]
    if let counts = report.counts {
      lines.append(
        "the queue: "
          + Status.allCases.map { "\(counts[$0].grouped) \($0)" }.joined(separator: ", "))
    }
    if report.runs > 0 {
      lines.append(
        "\(report.runs.counting("run")): median \(time(report, 50)), 90% under \(time(report, 90)), "
          + "99% under \(time(report, 99)), longest \(time(report, 100))")
    }
    let emitted = report.emitted
    if emitted.enqueued + emitted.duplicates > 0 {
      lines.append(
        "emitted: \(emitted.enqueued.grouped) items, \(emitted.duplicates.counting("duplicate"))")
    }
    if let load = report.settledLoad { lines.append("items a run: \(load.grouped)") }
    if let slots = report.settledSlots { lines.append("handlers at once: \(slots)") }
    if report.runs > 5 {
      let slowest = report.slowest.prefix(3).map { id, time in
        "\(shown(id.bytes)) \(duration(time / 1_000))"
      }
      lines.append("slowest: " + slowest.joined(separator: ", "))
    }
    let (groups, hidden) = report.failures.largest(maximumGroups)
    if !groups.isEmpty {
      lines.append("failed for good:")
      for group in groups {
        let ids = group.ids.map { shown($0.bytes) }.joined(separator: " ")
        lines.append("  \(group.count.grouped) x \(shown(group.message)): \(ids)")
      }
      if hidden > 0 { lines.append("  \(hidden.grouped) more with other messages") }
    }
    if report.counts?.failed ?? 0 > 0 {
      lines.append("next: q-list\(options) failed --long; q-retry\(options) --all")
    }
    var text = ""
    for line in lines where text.utf8.count + line.utf8.count < 4_000 { text += line + "\n" }
    return String(text.dropLast())
  }

  private static func headline(_ report: WorkReport) -> String {
    let outcomes = report.outcomes
    let parts: [(UInt64, String)] = [
      (outcomes.failed, "failed"), (outcomes.retried, "retried"),
      (outcomes.deferred, "deferred"), (outcomes.timedOut, "timed out"),
      (outcomes.crashed, "crashed"), (outcomes.lost, "taken back from dead workers"),
      (hadToGiveBack(report) ? outcomes.released : 0, "given back"),
      (outcomes.stale, "refused as stale"),
    ]
    let wall = report.finishedAt - report.startedAt
    let seconds = Double(max(wall.wholeMicroseconds, 1)) / 1_000_000
    return "\(outcomes.succeeded.grouped) done"
      + parts.filter { $0.0 > 0 }.map { ", \($0.0.grouped) \($0.1)" }.joined()
      + " in \(duration(UInt64(max(wall.wholeMicroseconds, 0)))), "
      + ProgressLine.rate(Double(outcomes.succeeded + outcomes.failed) / seconds)
  }

  /// Claims go back all the time, when they were made ahead; only a run that was cut short says so.
  private static func hadToGiveBack(_ report: WorkReport) -> Bool {
    switch report.end {
    case .signal, .output, .handler, .halted, .error: true
    case .drained, .idle, .limit, .held: false
    }
  }

  private static func time(_ report: WorkReport, _ percentile: Double) -> String {
    duration(report.duration(percentile: percentile))
  }

  private static func duration(_ microseconds: UInt64) -> String {
    switch microseconds {
    case ..<10_000: "\(microseconds / 1_000).\(microseconds / 100 % 10)ms"
    case ..<1_000_000: "\(microseconds / 1_000)ms"
    case ..<60_000_000: "\(microseconds / 1_000_000).\(microseconds / 100_000 % 10)s"
    default: Duration.microseconds(Int64(clamping: microseconds)).rough
    }
  }

  /// Bytes on one line of a terminal: at most 60 characters.
  private static func shown(_ bytes: [UInt8]) -> String {
    let text = VisibleText.escaped(bytes.prefix(300))
    return text.count > 60 ? String(text.prefix(57)) + "..." : text
  }

  /// The report as PROTOCOLS S4 has it.
  static func json(_ report: WorkReport, _ plan: WorkPlan, status: Int32) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("run_id", "\(report.startedAt.microseconds)-\(getpid())")
      writer.member("store", plan.store)
      writer.member("queue", plan.queue.text)
      writer.member("ended", ended(report.end))
      writer.member("exit", status)
      writer.member("started", report.startedAt)
      writer.member("finished", report.finishedAt)
      writer.member(
        "wall_ms", (report.finishedAt - report.startedAt).wholeMicroseconds / 1_000)
      if let counts = report.counts {
        writer.name("counts")
        writer.object { writer in
          for status in Status.allCases { writer.member(status.rawValue, counts[status]) }
          writer.member("total", counts.total)
        }
      }
      writeOutcomes(report, &writer)
      writeFailures(report, &writer)
    }
    return writer.text
  }

  private static func writeOutcomes(_ report: WorkReport, _ writer: inout JSONWriter) {
    let outcomes = report.outcomes
    writer.name("outcomes")
    writer.object { writer in
      writer.member("succeeded", outcomes.succeeded)
      writer.member("failed", outcomes.failed)
      writer.member("retried", outcomes.retried)
      writer.member("deferred", outcomes.deferred)
      writer.member("timed_out", outcomes.timedOut)
      writer.member("crashed", outcomes.crashed)
      writer.member("lost", outcomes.lost)
      writer.member("released", outcomes.released)
    }
    writer.name("duration_ms")
    writer.object { writer in
      for (name, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("max", 100)] {
        writer.member(name, report.duration(percentile: percentile) / 1_000)
      }
    }
    writer.name("slowest")
    writer.array { writer in
      for (id, duration) in report.slowest {
        writer.object { writer in
          writer.member("id", id.bytes)
          writer.member("ms", duration / 1_000_000)
        }
      }
    }
  }

  private static func writeFailures(_ report: WorkReport, _ writer: inout JSONWriter) {
    let (groups, omitted) = report.failures.largest(maximumGroups)
    writer.member("failures", groups)
    writer.member("failures_omitted", omitted)
  }

  private static func ended(_ end: WorkReport.End) -> String {
    switch end {
    case .drained, .idle: "drained"
    case .limit: "limit"
    case .held: "paused"
    case .signal: "signal"
    case .output, .error: "error"
    case .handler, .halted: "halted"
    }
  }
}
