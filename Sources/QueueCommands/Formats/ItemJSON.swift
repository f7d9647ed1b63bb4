import QueueCore

extension JSONWriter {
  /// An item as one object.
  mutating func value(
    _ item: Item, of queue: QueueName, holder: ItemReport.Holder? = nil, why: Why? = nil
  ) {
    object { writer in
      writer.member("queue", queue.text)
      writer.member("id", item.id.bytes)
      writer.member("status", item.state.status.rawValue)
      writer.member("key", ListingKey(queue: queue, rank: item.key.rank).text)
      writer.member("priority", item.key.priority)
      if let group = item.group { writer.member("group", group.bytes) }
      if let batch = item.batch { writer.member("batch", batch.bytes) }
      for (name, end) in [("after", BatchEnd.complete), ("after_any", .ended)] {
        let batches = item.awaited.filter { $0.end == end }.map(\.batch.bytes)
        if !batches.isEmpty { writer.member(name, batches) }
      }
      writer.member("enqueued", item.enqueuedAt)
      if let length = item.payloadLength { writer.member("payload_bytes", length) }
      writer.members(item.state.tally)
      writer.members(item.state)
      if let recipe = item.recipe { writer.member("recipe", recipe.text) }
      if !item.spent.isEmpty { writer.member("spent", item.spent) }
      if !item.reserved.isEmpty { writer.member("reserved", item.reserved) }
      why?.members(&writer)
      guard let holder else { return }
      if let pid = holder.pid {
        writer.member("worker_pid", pid)
      } else {
        writer.null("worker_pid")
      }
      writer.name("handler_pids")
      writer.array { writer in for pid in holder.handlers { writer.value(pid) } }
    }
  }

  private mutating func members(_ tally: Tally) {
    member("attempts", tally.attempts)
    member("crashes", tally.crashes)
    member("timeouts", tally.timeouts)
    member("deferrals", tally.deferrals)
    member("losses", tally.losses)
  }

  private mutating func members(_ state: ItemState) {
    switch state {
    case .pending: break
    case .delayed(let delay):
      // What awaits batches need not wait for a moment, too.
      if delay.until.microseconds > 0 { member("until", delay.until) }
      member("reason", delay.reason.name)
      if let run = delay.lastRun { members(run) }
    case .processing(let hold):
      member("since", hold.since)
      switch hold.holder {
      case .worker(let worker): member("worker", worker.number)
      case .lease(let end): member("lease_until", end)
      }
      member("orphaned", hold.orphaned)
    case .done(let ending), .failed(let ending):
      member("reason", ending.reason.name)
      members(ending.run)
    }
  }

  private mutating func members(_ run: RunSummary) {
    switch run.exit {
    case .exited(let status)?: member("exit", status)
    case .signalled(let signal)?: member("signal", signal)
    case .notStarted(let code)?: member("errno", code)
    case nil: break
    }
    member("started", run.startedAt)
    member("ended", run.endedAt)
    if !run.message.isEmpty { member("message", run.message) }
  }
}

extension JSONWriter {
  /// Failures by message; ids that are not UTF-8 are apart, in base 64.
  mutating func member(_ name: String, _ groups: [FailureGroup]) {
    self.name(name)
    array { writer in
      for group in groups {
        writer.object { writer in
          writer.member("message", String(decoding: group.message, as: UTF8.self))
          writer.member("count", group.count)
          writer.member("ids", group.ids.map(\.bytes))
        }
      }
    }
  }
}
