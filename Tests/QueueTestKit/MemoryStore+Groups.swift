public import QueueCore

/// Groups and their turns, looked for anew each time.
extension MemoryStore {
  struct Group {
    /// nil: the items without a group.
    var name: GroupName?
    var settings = GroupSettings()
    var restUntil: Timestamp?
    var nextStart: Timestamp?
    var place: Place?
  }

  enum Place {
    case ready(priority: UInt8, turn: Int)
    case resting(Timestamp)
    case full
  }

  // MARK: Making

  func beginGroups(in name: QueueName) {
    guard queues[name]?.groups == nil else { return }
    queues[name]?.groups = [0: Group()]
    touch(0, of: name)
  }

  func makeGroup(_ group: GroupName, in name: QueueName) -> UInt32 {
    beginGroups(in: name)
    if let known = queues[name]?.groups?.first(where: { $0.value.name == group }) {
      return known.key
    }
    let number = queues[name]?.nextGroup ?? 0
    queues[name]?.nextGroup += 1
    queues[name]?.groups?[number] = Group(name: group)
    return number
  }

  func touch(_ number: UInt32, of name: QueueName) {
    guard let queue = queues[name], queue.groups != nil, !queue.touched.contains(number) else {
      return
    }
    queues[name]?.touched.append(number)
  }

  // MARK: What there is

  private func pending(of number: UInt32, _ queue: Queue) -> [ItemKey] {
    queue.keys { $0.status == .pending && $0.tally.group == number }
  }

  func summary(of number: UInt32, _ queue: Queue) -> GroupSummary? {
    guard let group = queue.groups?[number] else { return nil }
    var counts = Counts()
    for entry in queue.entries.values where entry.state.tally.group == number {
      counts[entry.state.status] += 1
    }
    let revoked = revokedRuns.filter {
      $0.key.key.queue == queue.number && $0.value.group == number
    }
    return GroupSummary(
      number: number, name: group.name, counts: counts,
      running: counts.processing + UInt64(revoked.count), settings: group.settings,
      restUntil: group.restUntil, nextStart: group.nextStart)
  }

  func turns(of queue: Queue) -> GroupTurns? {
    guard let groups = queue.groups else { return nil }
    var turns = GroupTurns(isReady: false, next: nil)
    for group in groups.values {
      switch group.place {
      case .ready?: turns.isReady = true
      case .resting(let until)?: turns.next = min(turns.next ?? until, until)
      case .full?, nil: break
      }
    }
    return turns
  }

  // MARK: Places

  func placeGroups() {
    for name in queues.keys {
      for number in queues[name]?.touched ?? [] { place(number, of: name) }
      queues[name]?.touched = []
    }
  }

  private func place(_ number: UInt32, of name: QueueName) {
    guard let queue = queues[name], let group = queue.groups?[number],
      let summary = summary(of: number, queue)
    else { return }
    let opening = summary.opening(queue.settings, now: now)
    if number != 0, summary.counts.total == 0, summary.running == 0, opening == nil,
      group.settings == GroupSettings()
    {
      queues[name]?.groups?[number] = nil
      return
    }
    var place: Place?
    if let first = pending(of: number, queue).first {
      if summary.isFull(queue.settings) {
        place = .full
      } else if let opening {
        place = .resting(opening)
      } else if case .ready(first.priority, _)? = group.place {
        place = group.place
      } else {
        place = .ready(priority: first.priority, turn: nextTurn(of: name))
      }
    }
    queues[name]?.groups?[number]?.place = place
  }

  private func nextTurn(of name: QueueName) -> Int {
    queues[name]?.nextTurn += 1
    return queues[name]?.nextTurn ?? 0
  }

  /// Has those that rest look for their places anew: all, or those that rest no longer.
  func touchResting(of name: QueueName, all: Bool = false) {
    let resting = (queues[name]?.groups ?? [:]).compactMap { number, group in
      if case .resting(let until)? = group.place { (until, number) } else { nil }
    }
    for (until, number) in resting.sorted(by: { $0 < $1 }) where all || until <= now {
      touch(number, of: name)
    }
    guard all else { return }
    for (number, group) in (queues[name]?.groups ?? [:]).sorted(by: { $0.key < $1.key }) {
      if case .full? = group.place { touch(number, of: name) }
    }
  }

  // MARK: Claiming

  /// One item of the group whose turn it is, and of the next, until that is enough.
  func claimInTurn(
    from name: QueueName, hasRoom: () -> Bool, take: (ItemKey) -> Bool
  ) {
    touchResting(of: name)
    placeGroups()
    var passed: Set<ItemKey> = []
    var without: Set<UInt32> = []
    while hasRoom(), let number = next(of: name, without) {
      guard mayStart(number, name) else {
        without.insert(number)
        queues[name]?.groups?[number]?.place = nil
        touch(number, of: name)
        continue
      }
      var isTaken = false
      for key in queues[name].map({ pending(of: number, $0) }) ?? []
      where !isTaken && !passed.contains(key) {
        guard hasRoom() else { break }
        isTaken = take(key)
        passed.insert(key)
      }
      guard isTaken, let queue = queues[name] else {
        without.insert(number)
        continue
      }
      if number != 0,
        let rate = summary(of: number, queue)?.settings.filled(from: queue.settings).rate
      {
        let start = queue.groups?[number]?.nextStart
        queues[name]?.groups?[number]?.nextStart = rate.admit(1, after: start, now: now).next
      }
      queues[name]?.groups?[number]?.place = nil
      if mayStart(number, name), let first = pending(of: number, queue).first {
        let turn = nextTurn(of: name)
        queues[name]?.groups?[number]?.place = .ready(priority: first.priority, turn: turn)
      }
    }
  }

  private func next(of name: QueueName, _ without: Set<UInt32>) -> UInt32? {
    let ready = (queues[name]?.groups ?? [:]).compactMap { number, group in
      if case .ready(let priority, let turn)? = group.place {
        (priority, turn, number)
      } else {
        nil
      }
    }
    return ready.filter { !without.contains($0.2) }.min { $0 < $1 }?.2
  }

  private func mayStart(_ number: UInt32, _ name: QueueName) -> Bool {
    guard let queue = queues[name], let summary = summary(of: number, queue) else { return false }
    return !summary.isFull(queue.settings) && summary.opening(queue.settings, now: now) == nil
  }

  // MARK: As others see them

  public func configure(
    _ group: GroupName, of queue: QueueName, _ change: (inout GroupSettings) -> Void
  ) throws(StoreError) {
    revision += 1
    makeQueue(queue)
    let number = makeGroup(group, in: queue)
    var settings = queues[queue]?.groups?[number]?.settings ?? GroupSettings()
    change(&settings)
    queues[queue]?.groups?[number]?.settings = settings
    touch(number, of: queue)
    placeGroups()
  }

  public func groups(
    of queue: QueueName, after: UInt32?, limit: Int
  ) throws(StoreError) -> [GroupSummary] {
    guard let queue = queues[queue] else { return [] }
    return (queue.groups ?? [:]).keys.sorted().filter { number in after.map { number > $0 } ?? true
    }
    .prefix(limit).compactMap { summary(of: $0, queue) }
  }

  public func group(
    _ group: GroupName, of queue: QueueName
  ) throws(StoreError) -> GroupSummary? {
    guard let queue = queues[queue] else { return nil }
    return queue.groups?.first { $0.value.name == group }.flatMap { summary(of: $0.key, queue) }
  }
}
