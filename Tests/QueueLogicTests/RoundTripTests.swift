import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// What operations would cost an engine behind a network: round trips, however many items they move.
@Suite struct RoundTripTests {
  private let run = RunSummary(
    exit: .exited(0), startedAt: Timestamp(microseconds: 1), endedAt: Timestamp(microseconds: 2),
    message: [])

  private func trips(_ made: TablesStore, _ body: () throws -> Void) rethrows -> Int {
    made.tables.roundTrips = 0
    try body()
    return made.tables.roundTrips
  }

  private func ids(_ range: Range<Int>) -> ItemBatch {
    ItemBatch(range.map { ItemID("item-\($0)")! })
  }

  private func worker(_ made: TablesStore) throws -> WorkerID {
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "b", pidNamespace: 1)
    return try made.store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }.id
  }

  @Test(arguments: [10, 1_000, 4_000])
  func `a turn settles and claims in six`(_ count: Int) throws {
    let made = try TablesStore()
    _ = try made.store.enqueue(ids(0..<2 * count), to: .default, priority: 9, until: nil)
    var turn = Turn(queue: .default, worker: try worker(made))
    turn.wanted = count
    turn.settlements = try made.store.turn(turn).claims.map {
      Settlement(
        token: $0.token, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0)
    }
    #expect(turn.settlements.count == count)
    var claimed = 0
    let trips = try trips(made) { claimed = try made.store.turn(turn).claims.count }
    #expect(trips <= 6 && claimed == count)
  }

  @Test(arguments: [10, 1_000])
  func `a turn of which all is retried, and comes due, in seven`(_ count: Int) throws {
    let clock = ManualClock()
    let made = try TablesStore(clock)
    _ = try made.store.enqueue(ids(0..<count), to: .default, priority: 9, until: nil)
    var turn = Turn(queue: .default, worker: try worker(made))
    turn.wanted = count
    for _ in 0..<2 {
      turn.settlements = try made.store.turn(turn).claims.map {
        Settlement(
          token: $0.token, outcome: .failed(final: false), run: run, policy: RetryPolicy(),
          jitter: 0, output: KeptOutput(output: [1], error: []))
      }
      #expect(turn.settlements.count == count)
      turn.wanted = 0
      let trips = try trips(made) { _ = try made.store.turn(turn) }
      #expect(trips <= 7)
      turn.wanted = count
      clock.now = clock.now + .seconds(500)
      turn.settlements = []
    }
    var claimed = 0
    let trips = try trips(made) { claimed = try made.store.turn(turn).claims.count }
    #expect(trips <= 7 && claimed == count)
  }

  @Test(arguments: [10, 1_000, 4_000])
  func `items are claimed by lease in seven, extended and settled in six, ended in seven`(
    _ count: Int
  ) throws {
    let clock = ManualClock()
    let made = try TablesStore(clock)
    let other = QueueName("other")!
    for queue in [QueueName.default, other] {
      _ = try made.store.enqueue(ids(0..<count), to: queue, priority: 9, until: nil)
    }
    var tokens: [Token] = []
    for queue in [QueueName.default, other] {
      let request = LeaseRequest(queue: queue, wanted: count / 2, length: .seconds(60))
      let trips = try trips(made) { tokens += try made.store.claim(request).claims.map(\.token) }
      #expect(trips <= 7)
    }
    #expect(tokens.count == count)
    let extending = try trips(made) { _ = try made.store.extend(tokens, by: .seconds(9)) }
    #expect(extending <= 6)
    let ends = tokens.indices.filter { $0 % 2 == 0 }.map { place in
      LeaseSettlement(
        token: tokens[place], outcome: place % 3 == 0 ? .succeeded : .failed(final: false),
        jitter: 0)
    }
    var answers: [LeaseAnswer] = []
    let settling = try trips(made) { answers = try made.store.settle(ends).answers }
    #expect(settling <= 6 && !answers.contains(.stale))
    clock.now = clock.now + .seconds(60)
    var ended = 0
    let expiring = try trips(made) { ended = try made.store.expire() }
    #expect(expiring <= 7 && ended == count - ends.count)
    #expect(try made.store.audit().findings == [])
  }

  @Test(arguments: [10, 1_000, 3_900])
  func `an enqueue enters a stride of ids in ten`(_ count: Int) throws {
    let made = try TablesStore()
    for priority in [9, 5] as [UInt8] {
      let start = Int(priority) * 10_000
      let trips = try trips(made) {
        _ = try made.store.enqueue(
          ids(start..<start + count), to: .default, priority: priority, until: nil)
      }
      #expect(trips <= 10)
    }
  }

  @Test(arguments: [10, 1_000])
  func `ids are retried and removed in ten`(_ count: Int) throws {
    let made = try TablesStore()
    _ = try made.store.enqueue(ids(0..<count), to: .default, priority: 9, until: nil)
    let all = (0..<count).map { ItemID("item-\($0)")! }
    let trips = try trips(made) {
      _ = try made.store.move(all, in: .default, by: .remove(force: false))
    }
    #expect(trips <= 10)
    #expect(try made.store.summary(of: .default)?.counts.removed == UInt64(count))
  }
}
