import QueueCore
import QueueTestKit
import System
import Testing

@testable import Worker

@Suite struct OutputOrderTests {
  private func finished(_ ordinal: Int) -> Finished {
    let key = ItemKey(queue: 1, priority: 0, sequence: UInt64(ordinal))
    let token = Token(number: UInt64(ordinal), key: key, incarnation: 1)
    let claim = Claim(
      token: token, id: ItemID(unchecked: [1]), payload: nil, tally: Tally(),
      since: Timestamp(microseconds: 1))
    return Finished(Assignment(claims: [claim], ordinal: ordinal), RetryPolicy(), .stopped)
  }

  @Test func `early ones wait, and come in order when what they waited for is out or skipped`()
    throws
  {
    let order = OutputOrder(OutputGate(), OutputForm(), stop: StopFlag())
    let reported = BlockingQueue<Int>()
    #expect(order.take(finished(3), Spool(), Spool()) == nil)
    #expect(order.take(finished(2), Spool(), Spool()) == nil)
    #expect(order.count == 2)
    let thread = try WorkerThread.start { order.release { reported.push($0.ordinal) } }
    order.skip(1)
    #expect(reported.pop() == 2 && reported.pop() == 3 && order.count == 0)
    order.close()
    thread.join()
  }

  @Test func `what is skipped behind a slow one is passed at once when that is out`() throws {
    let order = OutputOrder(OutputGate(), OutputForm(), stop: StopFlag())
    let reported = BlockingQueue<Int>()
    let thread = try WorkerThread.start { order.release { reported.push($0.ordinal) } }
    let last = 200_000
    for ordinal in 2..<last { order.skip(ordinal) }
    #expect(order.count == 0)
    #expect(order.take(finished(last), Spool(), Spool()) == nil && order.count == 1)
    #expect(order.take(finished(1), Spool(), Spool())?.ordinal == 1)
    #expect(reported.pop() == last && order.count == 0)
    order.close()
    thread.join()
  }

  @Test func `every end is reported once, whatever the threads do`() throws {
    let order = OutputOrder(OutputGate(), OutputForm(), stop: StopFlag())
    let (work, reported) = (BlockingQueue<Int>(), BlockingQueue<Int>())
    var random = SplitMix64(seed: 5)
    let skipped = Set((1...3_000).filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
    for start in stride(from: 1, through: 3_000, by: 50) {
      for ordinal in (start..<start + 50).shuffled(using: &random) { work.push(ordinal) }
    }
    work.close()
    let writer = try WorkerThread.start { order.release { reported.push($0.ordinal) } }
    let slots = try (1...4).map { _ in
      try WorkerThread.start {
        let spool = Spool(bound: 512)
        while let ordinal = work.pop() {
          if skipped.contains(ordinal) {
            order.skip(ordinal)
          } else if let written = order.take(finished(ordinal), spool, spool) {
            reported.push(written.ordinal)
          }
        }
      }
    }
    var all: Set<Int> = []
    for _ in 0..<(3_000 - skipped.count) {
      let ordinal = try #require(reported.pop(until: MonotonicTime.now() + 30_000_000_000))
      #expect(all.insert(ordinal).inserted)
    }
    #expect(all.isDisjoint(with: skipped) && reported.count == 0 && order.count == 0)
    order.close()
    for thread in slots + [writer] { thread.join() }
  }
}
