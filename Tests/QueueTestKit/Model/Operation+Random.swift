import QueueCore

/// Random steps: mostly of the kind that leads somewhere, some that must be refused.
extension Operation {
  /// A history of `length` steps that begins with what most of them need.
  static func history(seed: UInt64, length: Int) -> [Operation] {
    var random = SplitMix64(seed: seed)
    var steps: [Operation] = []
    if Int.random(in: 0..<10, using: &random) > 0 {
      steps = [.register(given: 0, refused: false, queue: nil), enqueue(&random)]
    }
    while steps.count < length { steps.append(.random(&random)) }
    // Queues that never have a group are claimed from in another way.
    return seed % 3 == 0 ? steps.compactMap(\.withoutGroups) : steps
  }

  private static func random(_ random: inout SplitMix64) -> Operation {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<20: enqueue(&random)
    case ..<46: turn(&random)
    case ..<52: lease(&random)
    case ..<57: .settle((0..<Int.random(in: 0...4, using: &random)).map { _ in end(&random) })
    case ..<59:
      .extend(
        (0..<Int.random(in: 0...3, using: &random)).map { _ in token(&random) },
        by: 1_000_000 * .random(in: 0...9, using: &random))
    case ..<60: .expire
    case ..<66:
      .recover(
        dead: (0..<Int.random(in: 0...2, using: &random)).map { _ in worker(&random) },
        seen: random.next(), queue: queue(&random), given: Int.random(in: 0..<3, using: &random))
    case ..<70:
      .register(
        given: .random(in: 0..<3, using: &random),
        refused: Int.random(in: 0..<5, using: &random) == 0, queue: queue(&random))
    case ..<73: .unregister(worker(&random))
    case ..<82:
      .move(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in id(&random) },
        queue: queue(&random), by: move(&random))
    case ..<84:
      switch Int.random(in: 0..<8, using: &random) {
      case 0: .forgetPruned(queue: queue(&random))
      case 1:
        .mark(
          .random(in: 0...4, using: &random), queue: queue(&random),
          filter: .random(in: 0..<120, using: &random))
      default:
        .moveAll(
          Status.allCases.randomElement(using: &random)!, queue: queue(&random), by: move(&random),
          filter: .random(in: 0..<120, using: &random))
      }
    case ..<85: .removeQueue(queue(&random))
    case ..<87:
      .set(
        queue: queue(&random), settings: .random(in: 0..<settings.count, using: &random))
    case ..<89:
      .pause(
        queue: queue(&random),
        for: Bool.random(using: &random) ? nil : .random(in: -5...20_000_000, using: &random))
    case ..<92: .resume(queue: queue(&random))
    case ..<93:
      Bool.random(using: &random)
        ? .watch(queue: queue(&random))
        : .read(queue: queue(&random), through: .random(in: 0...9, using: &random))
    case ..<95:
      .setGroup(
        .random(in: 0..<groups.count, using: &random), queue: queue(&random),
        settings: .random(in: 0..<groupSettings.count, using: &random))
    case ..<97:
      .seal(batch: batch(&random), held: .random(in: 0...5, using: &random))
    case 97:
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .removeBatch(batch(&random))
      case 1:
        .end(
          BatchFill(
            batch: .random(in: 0...4, using: &random), number: .random(in: 1...4, using: &random)),
          seals: .random(using: &random))
      default: .open(batch: batch(&random), held: .random(in: 0...3, using: &random))
      }
    default: .advance(step(&random))
    }
  }

  private static func enqueue(_ random: inout SplitMix64) -> Operation {
    let isGrouped = Bool.random(using: &random)
    let items = (0..<Int.random(in: 0...6, using: &random)).map { _ in
      NewItem(
        id: id(&random), payload: payloads.randomElement(using: &random)!,
        group: isGrouped ? Int.random(in: -1..<groups.count, using: &random) : nil)
    }
    let priorities: [UInt8] = [0, 100, 128, 128, 128, 128, 255]
    return .enqueue(
      items, queue: queue(&random), priority: priorities.randomElement(using: &random)!,
      delay: Int.random(in: 0..<4, using: &random) == 0
        ? 1_000_000 * .random(in: -1...9, using: &random) : nil, joins: membership(&random))
  }

  private static func membership(_ random: inout SplitMix64) -> Membership {
    var joins = Membership(batch: Bool.random(using: &random) ? batch(&random) : nil)
    joins.known = max(0, .random(in: -9..<known.count, using: &random))
    guard Int.random(in: 0..<4, using: &random) == 0 else { return joins }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let one = (batch: batch(&random), end: BatchEnd.allCases.randomElement(using: &random)!)
      if !joins.after.contains(where: { $0 == one }) { joins.after.append(one) }
    }
    return joins
  }

  private static func batch(_ random: inout SplitMix64) -> Int {
    .random(in: 0..<batches.count, using: &random)
  }

  /// None, empty, inline, at the limit where a payload moves out of the item, beyond it.
  private static let payloads: [Int?] = [
    nil, nil, nil, 0, 1, 40, 484, 485, 486, 986, 987, 988, 5_000,
  ]

  private static func turn(_ random: inout SplitMix64) -> Operation {
    let ends =
      Int.random(in: 0..<3, using: &random) == 0
      ? ends(&random) : (0..<Int.random(in: 0...4, using: &random)).map { _ in end(&random) }
    return .turn(
      queue: queue(&random), worker: worker(&random), settlements: ends,
      wanted: [0, 1, 2, 3, 4, 5, 12].randomElement(using: &random)!,
      budget: [0, 1, 500, 64 << 20, 64 << 20].randomElement(using: &random)!,
      policy: .random(in: 0..<3, using: &random),
      rate: [nil, nil, nil, nil, nil, 0, 1, 2].randomElement(using: &random)!,
      reserve: amounts(&random), collects: Int.random(in: 0..<8, using: &random) == 0,
      recipe: [nil, nil, 0, 1].randomElement(using: &random)!)
  }

  /// Claims that follow one another: as a stream answers them, each in its way, or as one process ends
  /// that has run them all, and emits once.
  private static func ends(_ random: inout SplitMix64) -> [End] {
    let first = Int.random(in: 0..<4, using: &random)
    let all = end(&random)
    let isOneRun = Bool.random(using: &random)
    return (first...first + .random(in: 0...11, using: &random)).map { index in
      var one = isOneRun ? all : end(&random)
      one.token = .live(index)
      if isOneRun, index > first { one.emitted = [] }
      return one
    }
  }

  private static func end(_ random: inout SplitMix64) -> End {
    let count = max(0, Int.random(in: -4...3, using: &random))
    let emitted = (0..<count).map { _ in
      (queue(&random), NewItem(id: id(&random), payload: payloads.randomElement(using: &random)!))
    }
    return End(
      token: token(&random), outcome: outcome(&random),
      run: .random(in: 0..<runs.count, using: &random),
      jitter: .random(in: 0..<1, using: &random),
      output: [nil, 0, 1, 2].randomElement(using: &random)!, emitted: emitted,
      rest: Int.random(in: 0..<12, using: &random) == 0
        ? 1_000_000 * .random(in: -1...9, using: &random) : nil,
      spent: amounts(&random),
      result: Int.random(in: 0..<4, using: &random) == 0
        ? Int.random(in: 0..<results.count, using: &random) : nil)
  }

  private static func amounts(_ random: inout SplitMix64) -> Int {
    max(0, .random(in: -5..<amounts.count, using: &random))
  }

  /// Whole seconds more often, so that moments meet.
  private static func lease(_ random: inout SplitMix64) -> Operation {
    .lease(
      queue: queue(&random), wanted: .random(in: 0...5, using: &random),
      length: Int.random(in: 0..<4, using: &random) == 0
        ? .random(in: 1...9_000_000, using: &random)
        : 1_000_000 * .random(in: 1...9, using: &random),
      asLines: .random(using: &random),
      budget: [0, 1, 500, 64 << 20, 64 << 20].randomElement(using: &random)!,
      reserve: amounts(&random))
  }

  private static func queue(_ random: inout SplitMix64) -> Int {
    max(0, .random(in: -3...2, using: &random))
  }

  /// Small indices more often, so that ids meet again.
  private static func id(_ random: inout SplitMix64) -> Int {
    let all = SampleIDs.all.count
    return Bool.random(using: &random)
      ? .random(in: 0..<6, using: &random) : .random(in: 0..<all, using: &random)
  }

  private static func worker(_ random: inout SplitMix64) -> WorkerChoice {
    Int.random(in: 0..<15, using: &random) == 0
      ? .number(.random(in: 0...6, using: &random))
      : .registered(.random(in: 0..<4, using: &random))
  }

  private static func token(_ random: inout SplitMix64) -> TokenChoice {
    let index = Int.random(in: 0..<12, using: &random)
    return switch Int.random(in: 0..<16, using: &random) {
    case 0: .issued(index)
    case 12...: .leased(index)
    case 1: .foreign(index)
    case 2:
      .garbage(
        number: .random(in: 0...9, using: &random), queue: .random(in: 0...4, using: &random),
        rank: 128 << 56 | .random(in: 0...9, using: &random))
    default: .live(index)
    }
  }

  private static func outcome(_ random: inout SplitMix64) -> Outcome {
    switch Int.random(in: 0..<12, using: &random) {
    case ..<3: .succeeded
    case 3: .failed(final: true)
    case ..<6: .failed(final: false)
    case 6: .deferred(for: nil)
    case 7: .deferred(for: .microseconds(Int64.random(in: 0...9_000_000, using: &random)))
    case 8: .crashed
    case 9: .timedOut
    case 10: .lost([.charged, .excused, .unbegun].randomElement(using: &random)!)
    default: .released
    }
  }

  private static func move(_ random: inout SplitMix64) -> Move {
    switch Int.random(in: 0..<8, using: &random) {
    case ..<2: .retry
    case ..<4: .remove(force: false)
    case 4: .remove(force: true)
    case 5: .rerun
    default: .prune(forgetsID: Int.random(in: 0..<4, using: &random) == 0)
    }
  }

  /// Whole seconds more often, so that moments meet.
  private static func step(_ random: inout SplitMix64) -> Int64 {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .random(in: -2_000_000 ... -1, using: &random)
    case 1: [600_000_000, 43_200_000_000, 86_400_000_000].randomElement(using: &random)!
    case ..<6: 1_000_000 * .random(in: 0...3, using: &random)
    default: .random(in: 0...5_000_000, using: &random)
    }
  }
}
