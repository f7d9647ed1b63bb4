import QueueCore
import Testing

@testable import Worker

@Suite struct HaltTests {
  private func sample(_ failed: UInt64, of ended: UInt64) -> HaltPolicy.Sample {
    HaltPolicy.Sample(ended: ended, failed: failed)
  }

  @Test func `a count is reached, a percentage only once enough items have ended`() throws {
    let count = try #require(HaltPolicy("soon,fail=3"))
    #expect(
      count.when == .soon && !count.isReached(sample(2, of: 99))
        && count.isReached(sample(3, of: 3)))
    let percent = try #require(HaltPolicy("now,fail=10%"))
    #expect(percent.when == .now && percent.limit == .percent(10))
    #expect(!percent.isReached(sample(19, of: 19)) && percent.isReached(sample(2, of: 20)))
    #expect(!percent.isReached(sample(9, of: 100)))
  }

  @Test(arguments: [
    "", "soon", "now,fail=0", "now,fail=101%", "now,fail=%", "later,fail=1", "now,done=1",
    "now,fail=1,x", "now,fail=-1", "now,fail=0%", "now,fail=1.5",
  ])
  func `what is no policy is refused`(text: String) { #expect(HaltPolicy(text) == nil) }

  @Test func `only what ends an item counts`() {
    var sample = HaltPolicy.Sample()
    for outcome in [
      Outcome.failed(final: false), .crashed, .timedOut, .deferred(for: nil), .released,
    ] {
      sample.note(outcome, isEnd: false)
    }
    #expect(sample.ended == 0)
    for outcome in [
      Outcome.failed(final: true), .failed(final: false), .succeeded, .crashed, .timedOut,
      .deferred(for: nil),
    ] {
      sample.note(outcome, isEnd: true)
    }
    #expect(sample.ended == 6 && sample.failed == 5)
  }
}
