import Glibc
import System
import Testing

@testable import Worker

@Suite struct QueueTests {
  @Test func `values arrive in order and a closed queue gives what is left`() {
    let queue = BlockingQueue<Int>()
    for value in 0..<500 { queue.push(value) }
    #expect((0..<200).allSatisfy { queue.popNow() == $0 })
    queue.close()
    #expect(!queue.push(1))
    #expect(queue.count == 300 && queue.pop() == 200)
    #expect(queue.popAll() == Array(201..<500))
    #expect(queue.pop() == nil && queue.popNow() == nil)
  }

  @Test func `who waits is woken by a push, by closing and by the deadline`() throws {
    let queue = BlockingQueue<Int>()
    let answers = BlockingQueue<Int?>()
    let thread = try WorkerThread.start {
      answers.push(queue.pop())
      answers.push(queue.pop())
    }
    queue.push(5)
    #expect(answers.pop() == 5)
    queue.close()
    #expect(answers.pop() == .some(nil))
    thread.join()
    let open = BlockingQueue<Int>()
    #expect(open.pop(until: MonotonicTime.now() + 20_000_000) == nil)
  }
}
