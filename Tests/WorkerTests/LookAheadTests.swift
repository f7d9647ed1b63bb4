import QueueCore
import Testing

@testable import Worker

@Suite struct LookAheadTests {
  @Test func `as many are claimed ahead as end in the time of two commits and their pauses`() {
    var ahead = LookAhead()
    #expect(ahead.count(rate: 1_000) == 0)
    ahead.ran(for: 1_000_000)
    ahead.committed(in: 5_000_000)
    #expect(ahead.count(rate: 1_000) == 20)
    #expect(ahead.count(rate: 0) == 0)
    #expect(ahead.count(rate: 1e9) == 2_000)
  }

  @Test func `nothing is claimed ahead of long runs, nor while it would wait behind one`() {
    var ahead = LookAhead()
    ahead.committed(in: 5_000_000)
    for _ in 0..<40 { ahead.ran(for: 1_000_000) }
    ahead.suspend()
    #expect(ahead.count(rate: 1_000) == 0)
    ahead.ran(for: 1_000_000)
    #expect(ahead.count(rate: 1_000) == 20)
    for _ in 0..<40 { ahead.ran(for: 300_000_000) }
    #expect(ahead.count(rate: 1_000) == 0)
  }

  @Test func `a rate follows what ended of late`() {
    var meter = RateMeter(now: 0)
    for second in 1...60 { meter.add(50, now: UInt64(second) * 1_000_000_000) }
    #expect((45...55).contains(meter.rate(now: 60_000_000_000)))
    #expect(meter.rate(now: 3_600_000_000_000) < 1e-9)
  }

  @Test func `a template puts the id where it stands, or last`() {
    #expect(HandlerTemplate.isShellInjection(words("sh", "-c", "rm {}")))
    #expect(
      HandlerTemplate.isShellInjection(words("/bin/bash", "-o", "pipefail", "-c", "-e", "{}")))
    #expect(!HandlerTemplate.isShellInjection(words("sh", "-c", "rm \"$1\"", "sh", "{}")))
    #expect(!HandlerTemplate.isShellInjection(words("echo", "-c", "{}")))
    #expect(!HandlerTemplate.isShellInjection(words("sh", "script", "{}")))
  }

  private func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }
}
