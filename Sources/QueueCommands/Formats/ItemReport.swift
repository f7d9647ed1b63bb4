import QueueCore

/// An item in words, a line for each thing that is known of it.
struct ItemReport {
  /// Who holds an item that is being processed.
  struct Holder {
    /// The worker's process; nil when it is not registered any more.
    var pid: Int32?
    /// The processes of the handler that can be seen.
    var handlers: [Int32]
  }

  let item: Item
  let queue: QueueName
  let kept: KeptOutput?
  let holder: Holder?
  let now: Timestamp

  /// Names of up to nine characters, and values.
  var lines: [(name: String, value: String)] {
    var lines = [
      ("id", VisibleText.escaped(item.id.bytes)),
      ("queue", queue.text),
      ("status", item.state.status.rawValue),
      ("priority", "\(item.key.priority)"),
      ("enqueued", moment(item.enqueuedAt)),
    ]
    if let group = item.group { lines.append(("group", VisibleText.escaped(group.bytes))) }
    if let batch = item.batch { lines.append(("batch", VisibleText.escaped(batch.bytes))) }
    if let length = item.payloadLength { lines.append(("payload", length.counting("byte"))) }
    lines.append(("attempts", attempts(item.state.tally)))
    if let recipe = item.recipe {
      lines.append(("recipe", VisibleText.escaped(Array(recipe.text.utf8))))
    }
    if !item.spent.isEmpty { lines.append(("spent", item.spent.words)) }
    if !item.reserved.isEmpty { lines.append(("reserved", item.reserved.words)) }
    switch item.state {
    case .pending: break
    case .delayed(let delay):
      if delay.until.microseconds > 0 { lines.append(("until", moment(delay.until))) }
      lines.append(("why", ItemText(item: item, now: now).why))
      if let run = delay.lastRun { lines += self.lines(of: run) }
    case .processing(let hold):
      lines.append(("since", moment(hold.since)))
      lines += self.lines(of: hold)
    case .done(let ending): lines += self.lines(of: ending.run)
    case .failed(let ending):
      lines.append(("why", ItemText(item: item, now: now).why))
      lines += self.lines(of: ending.run)
    }
    if let kept {
      let parts = "\(kept.output.count.counting("byte")) of stdout, "
      lines.append(("kept", parts + "\(kept.error.count.counting("byte")) of stderr: --output"))
    }
    return lines
  }

  private func lines(of hold: Hold) -> [(String, String)] {
    var worker: String
    switch hold.holder {
    case .lease(let end): return [("lease", "until " + moment(end))]
    case .worker(let id): worker = "\(id.number)"
    }
    if let pid = holder?.pid { worker += ", process \(pid)" }
    var lines = [("worker", worker)]
    let handlers = (holder?.handlers ?? []).map { "\($0)" }.joined(separator: " ")
    if !handlers.isEmpty { lines.append(("handler", "processes \(handlers)")) }
    if hold.orphaned {
      lines.append(("orphaned", "its worker is dead, and what it left running may not be ended"))
    }
    return lines
  }

  private func lines(of run: RunSummary) -> [(String, String)] {
    var lines: [(String, String)] = []
    switch run.exit {
    case .exited(let status)?: lines.append(("exit", "\(status)"))
    case .signalled(let signal)?: lines.append(("signal", "\(signal)"))
    case .notStarted(let code)?: lines.append(("errno", "\(code)"))
    case nil: break
    }
    lines.append(("started", moment(run.startedAt)))
    lines.append(("took", (run.endedAt - run.startedAt).precise))
    for line in run.message.split(separator: UInt8(ascii: "\n")) {
      lines.append(("message", VisibleText.escaped(line)))
    }
    return lines
  }

  private func attempts(_ tally: Tally) -> String {
    let parts = [
      (tally.crashes, "crashed"), (tally.timeouts, "timed out"), (tally.deferrals, "deferred"),
      (tally.losses, "lost"),
    ]
    return "\(tally.attempts)"
      + parts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
  }

  private func moment(_ moment: Timestamp) -> String {
    let ago = now - moment
    return moment.rfc3339
      + (ago < .zero ? " (in \((.zero - ago).short))" : " (\(ago.short) ago)")
  }
}
