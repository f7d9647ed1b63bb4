import QueueCore
import Testing

@testable import Worker

@Suite struct LookAheadTests {
  @Test func `as many are claimed ahead as end in the time of two commits and their pauses`() {
    var ahead = LookAhead(now: 0)
    #expect(ahead.count(rate: 1_000) == 0)
    ahead.ran(for: 1_000_000, now: 0)
    ahead.committed(0, from: 0, to: 5_000_000)
    #expect(ahead.count(rate: 1_000) == 20)
    #expect(ahead.count(rate: 0) == 0)
    #expect(ahead.count(rate: 1e9) == 4_000)
  }

  @Test func `nothing is claimed ahead of long runs, nor while it would wait behind one`() {
    var ahead = LookAhead(now: 0)
    ahead.committed(0, from: 0, to: 5_000_000)
    for _ in 0..<40 { ahead.ran(for: 1_000_000, now: 0) }
    ahead.suspend()
    #expect(ahead.count(rate: 1_000) == 0)
    ahead.ran(for: 1_000_000, now: 0)
    #expect(ahead.count(rate: 1_000) == 20)
    for _ in 0..<40 { ahead.ran(for: 300_000_000, now: 0) }
    #expect(ahead.count(rate: 1_000) == 0)
  }

  @Test func `a rate follows what ended of late`() {
    var meter = RateMeter(now: 0)
    for second in 1...60 { meter.add(50, now: UInt64(second) * 1_000_000_000) }
    #expect((45...55).contains(meter.rate(now: 60_000_000_000)))
    #expect(meter.rate(now: 3_600_000_000_000) < 0.2)
  }

  @Test func `the rate of long runs is that of the last twenty, not of the last seconds`() {
    var meter = RateMeter(now: 0)
    for run in 1...100 { meter.add(1, now: UInt64(run) * 60_000_000_000) }
    let rate = meter.rate(now: 6_030_000_000_000)
    #expect((0.95 / 60...1.05 / 60).contains(rate), "\(rate)")
  }

}
