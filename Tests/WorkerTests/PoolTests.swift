import Glibc
import QueueCore
import System
import Testing

@testable import Worker

@Suite struct PoolTests {
  private func pool(_ name: String, _ values: String...) -> Pool {
    Pool(name: name, values: values.map { Array($0.utf8) }) ?? { fatalError("no pool") }()
  }

  private func take(_ pools: Pools) -> String? {
    guard let held = pools.take(unless: { false }) else { return nil }
    return shown(pools, held)
  }

  private func shown(_ pools: Pools, _ held: Pools.Held) -> String {
    pools.values(held).map { String(decoding: $0.value, as: UTF8.self) }.joined(separator: " ")
  }

  @Test func `names and values that are none are refused`() {
    #expect(Pool(name: "gpu_2", values: [[1]])?.variable == "Q_POOL_GPU_2")
    for name in ["", "1", "_a", "a-b", "\u{e4}", String(repeating: "a", count: 33)] {
      #expect(Pool(name: name, values: [[1]]) == nil, "\(name)")
    }
    for values: [[UInt8]] in [[], [[]], [[1], []], [[0]], [Array(repeating: 1, count: 4_097)]] {
      #expect(Pool(name: "a", values: values) == nil)
    }
  }

  @Test func `each is held by one alone, and that comes first which was free for longest`() throws {
    let pools = Pools([pool("a", "0", "1", "2"), pool("b", "x", "y")])
    #expect(pools.most == 2 && pools.available == 2)
    let first = try #require(pools.take { false })
    let second = try #require(pools.take { false })
    #expect(shown(pools, first) == "0 x" && shown(pools, second) == "1 y")
    // Nothing is left of b: whoever asks waits, and goes when that is over.
    var asked = 0
    #expect(
      pools.take {
        asked += 1
        return asked == 1
      } == nil)
    pools.give(second)
    #expect(take(pools) == "2 y")
  }

  @Test func `whoever waits gets what is given back`() throws {
    let pools = Pools([pool("a", "0")])
    let held = try #require(pools.take { false })
    let (got, asked) = (Locked(false), Locked(0))
    let thread = try WorkerThread.start(name: "q-test") {
      let next = pools.take {
        asked.withLock { $0 += 1 }
        return false
      }
      got.withLock { $0 = next != nil }
    }
    // Once it was asked, it has the lock until it waits.
    while asked.withLock({ $0 }) == 0 { sched_yield() }
    pools.give(held)
    thread.join()
    #expect(got.withLock { $0 } && asked.withLock { $0 } == 2)
  }

  @Test func `a value that rests is not given out before its time, the others are`() throws {
    let pools = Pools([pool("a", "0", "1")])
    let held = try #require(pools.take { false })
    #expect(pools.rest("b", of: held, for: .seconds(9)) == nil)
    #expect(pools.rest("a", of: held, for: .seconds(3_600)) == Array("0".utf8))
    #expect(pools.available == 1 && pools.nextRested != nil)
    pools.give(held)
    #expect(take(pools) == "1")
    let soon = Pools([pool("a", "0")])
    let only = try #require(soon.take { false })
    _ = soon.rest("a", of: only, for: .milliseconds(20))
    soon.give(only)
    #expect(take(soon) == "0")
    #expect(soon.available == 1 && soon.nextRested == nil)
  }

  @Test func `a rest that is over is forgotten though nobody waits for the value`() throws {
    let pools = Pools([pool("a", "0", "1")])
    let held = try #require(pools.take { false })
    _ = pools.rest("a", of: held, for: .milliseconds(1))
    pools.give(held)
    if let moment = pools.nextRested {
      while MonotonicTime.now() <= moment { sched_yield() }
    }
    #expect(pools.nextRested == nil && pools.available == 2 && pools.mayStart(held))
  }

  @Test func `a value that stands several times rests wherever it stands`() throws {
    let pools = Pools([pool("a", "0", "0", "1", "0", "1")])
    let first = try #require(pools.take { false })
    let second = try #require(pools.take { false })
    _ = pools.rest("a", of: first, for: .seconds(3_600))
    #expect(pools.available == 2 && !pools.mayStart(second))
    pools.give(second)
    #expect(take(pools) == "1" && take(pools) == "1")
  }

  @Test func `nobody gets any while they are shut`() throws {
    let pools = Pools([])
    #expect(pools.most == .max && pools.available == .max)
    let held = try #require(pools.take { false })
    pools.isShut = true
    #expect(!pools.mayStart(held))
    // It is asked before each try: the third time there were two that came to nothing.
    let asked = Locked(0)
    let thread = try WorkerThread.start(name: "q-test") {
      _ = pools.take {
        asked.withLock { asked in
          asked += 1
          return asked == 3
        }
      }
    }
    for times in 1...2 {
      while asked.withLock({ $0 }) < times { sched_yield() }
      pools.wakeAll()
    }
    thread.join()
    #expect(asked.withLock { $0 } == 3)
    pools.isShut = false
    #expect(pools.mayStart(held) && pools.take { false } != nil)
  }

  @Test func `a value has a place among the words, and says nothing of the item`() throws {
    let values = HandlerTemplate.Values(
      ids: [ItemID(unchecked: [0x78])], payload: nil, ordinal: 1, slot: 1,
      pools: [Array("7".utf8), Array("p".utf8)])
    func line(_ words: String) throws -> String {
      let words = words.split(separator: " ").map { Array($0.utf8) }
      return try HandlerTemplate(words, pools: ["gpu", "port"]).commandLine(values)
        .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
    #expect(try line("h --on={gpu}:{port}") == "h --on=7:p x")
    #expect(try line("h {} {gpu}") == "h x 7" && line("h {GPU} {cpu}") == "h {GPU} {cpu} x")
  }
}
