import QueueCore
import Testing

@Suite struct RateTests {
  private let now = Timestamp(microseconds: 1_700_000_000_000_000)

  @Test func `items are spread evenly`() throws {
    let rate = try #require(Rate(count: 60, per: .seconds(60)))
    let first = rate.admit(5, after: nil, now: now)
    #expect(first.count == 1 && first.next == now + .seconds(1))
    #expect(rate.admit(5, after: first.next, now: now + .milliseconds(999)).count == 0)
    #expect(rate.admit(5, after: first.next, now: now + .seconds(1)).count == 1)
  }

  @Test func `a pause is not caught up with beyond the slack`() throws {
    let rate = try #require(Rate(count: 1_000, per: .seconds(1)))
    let all = rate.admit(.max, after: now, now: now + .seconds(100))
    #expect(all.count == 100)
    #expect(rate.admit(9, after: all.next, now: now + .seconds(100)).count == 0)
    #expect(rate.admit(9, after: all.next, now: now + .milliseconds(100_003)).count == 3)
  }

  @Test func `a clock that was set back stops nothing for longer than one interval`() throws {
    let rate = try #require(Rate(count: 1, per: .seconds(10)))
    let next = rate.admit(1, after: nil, now: now + .seconds(86_400)).next
    #expect(rate.admit(1, after: next, now: now).count == 1)
  }

  @Test func `a queue of another rate is worked off at the new one at once`() throws {
    let slow = try #require(Rate(count: 1, per: .seconds(3_600)))
    let fast = try #require(Rate(count: 10, per: .seconds(1)))
    var next: Timestamp? = slow.admit(1, after: nil, now: now).next
    var started = 0
    for step in 1...100 {
      let admitted = fast.admit(9, after: next, now: now + .milliseconds(step * 20))
      started += admitted.count
      if admitted.count > 0 { next = admitted.next }
    }
    #expect(started == 20)
    // Not faster than the rate says, whatever does not divide.
    #expect(Rate(count: 3, per: .seconds(1))?.interval == .microseconds(333_334))
  }

  @Test func `what was not started is given back`() throws {
    let rate = try #require(Rate(count: 1_000, per: .seconds(1)))
    let taken = rate.admit(10, after: nil, now: now)
    let back = rate.advanced(taken.next, by: -10)
    #expect(rate.admit(.max, after: back, now: now).count == 100)
    #expect(Rate(count: 0, per: .seconds(1)) == nil && Rate(count: 1, per: .zero) == nil)
  }

  @Test func `the throughput is the mean of the last minutes`() {
    var minute = MinuteCounts(minute: MinuteCounts.minute(of: now))
    (minute.done, minute.failed, minute.firstEnd) = (90, 10, now)
    let speed = Throughput([minute], now: now + .seconds(50))
    #expect(speed?.rate == 2)
    var counts = Counts()
    (counts.pending, counts.delayed, counts.scheduled) = (100, 50, 50)
    #expect(speed?.eta(counts) == .seconds(50))
    // What backs off, is due later or is held does not move.
    (counts.pending, counts.processing, counts.orphaned) = (0, 1, 1)
    #expect(speed?.eta(counts) == nil)
    counts.processing = 2
    #expect(speed?.eta(counts) == .milliseconds(500))
    #expect(Throughput([minute], now: now + .seconds(600)) == nil)
    #expect(Throughput([], now: now) == nil)
  }
}
