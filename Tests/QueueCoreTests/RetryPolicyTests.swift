import QueueCore
import QueueTestKit
import Testing

@Suite struct RetryPolicyTests {
  @Test(
    arguments: [
      (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (9, 256), (10, 300), (33, 300), (.max, 300), (0, 1),
    ] as [(UInt32, Int)])
  func `waits double from one second up to five minutes`(_ number: UInt32, _ seconds: Int) {
    let policy = RetryPolicy()
    #expect(policy.backoff(attempt: number, jitter: 1) == .seconds(seconds))
    #expect(policy.deferral(number) == .seconds(seconds))
  }

  @Test func `jitter takes its part of the longest wait, and no more than all of it`() {
    let policy = RetryPolicy()
    #expect(policy.backoff(attempt: 3, jitter: 0) == .zero)
    #expect(policy.backoff(attempt: 3, jitter: 0.25) == .seconds(1))
    #expect(policy.backoff(attempt: 3, jitter: -5) == .zero)
    #expect(policy.backoff(attempt: 3, jitter: 5) == .seconds(4))
    #expect(policy.backoff(attempt: 3, jitter: .nan) == .zero)
    var random = SplitMix64(seed: 1)
    for attempt in 1...20 as ClosedRange<UInt32> {
      let wait = policy.backoff(attempt: attempt, jitter: .random(in: 0..<1, using: &random))
      #expect(wait >= .zero && wait <= policy.backoff(attempt: attempt, jitter: 1))
    }
  }

  @Test func `the base and the maximum are the policy's`() {
    var policy = RetryPolicy()
    policy.backoffBase = .milliseconds(10)
    policy.backoffMaximum = .milliseconds(35)
    #expect(
      [1, 2, 3].map { policy.backoff(attempt: $0, jitter: 1) }
        == [.milliseconds(10), .milliseconds(20), .milliseconds(35)])
    policy.backoffBase = .seconds(1)
    #expect(policy.backoff(attempt: 1, jitter: 1) == .milliseconds(35))
    policy.backoffBase = .zero
    #expect(policy.backoff(attempt: .max, jitter: 1) == .zero)
  }

  @Test func `the longest waits there are do not overflow`() {
    var policy = RetryPolicy()
    policy.backoffMaximum = .seconds(Int64.max)
    #expect(policy.backoff(attempt: .max, jitter: 1) == .microseconds(Int64.max))
    policy.backoffBase = .seconds(Int64.max)
    #expect(policy.backoff(attempt: 2, jitter: 1) == .microseconds(Int64.max))
    #expect(policy.backoff(attempt: 2, jitter: 0.5) == .microseconds(Int64(1) << 62))
  }
}
