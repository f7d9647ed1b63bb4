import QueueCore
import Testing

/// Timestamps, counts, batches and what is kept of a run.
@Suite struct ValueTests {
  private let first = Timestamp(microseconds: .min)
  private let last = Timestamp(microseconds: .max)

  @Test func `moments stay in their range`() {
    let moment = Timestamp(microseconds: 5)
    #expect(moment + .microseconds(-7) == Timestamp(microseconds: -2))
    #expect(last + .microseconds(1) == last && first + .microseconds(-1) == first)
    #expect(moment + .seconds(Int64.max) == last)
    #expect(Timestamp(microseconds: -5) + .seconds(Int64.min) == first)
    #expect(first + .seconds(Int64.max) == Timestamp(microseconds: -1))
    #expect(last - first == .microseconds(Int64.max) - .microseconds(Int64.min))
    #expect(first < moment && moment < last && moment - moment == .zero)
  }

  @Test func `durations round towards zero and stop at the ends`() {
    #expect(Duration.nanoseconds(1_999).wholeMicroseconds == 1)
    #expect(Duration.nanoseconds(-1_999).wholeMicroseconds == -1)
    #expect(Duration.milliseconds(-1_500).wholeMicroseconds == -1_500_000)
    #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
    #expect(Duration.microseconds(Int64.max).wholeMicroseconds == .max)
    #expect((Duration.microseconds(Int64.max) + .microseconds(1)).wholeMicroseconds == .max)
    #expect((Duration.microseconds(Int64.min) - .microseconds(1)).wholeMicroseconds == .min)
  }

  @Test func `counts follow items in and out`() {
    let run = RunSummary(exit: nil, startedAt: first, endedAt: last, message: [])
    let ending = Ending(tally: Tally(), reason: .failed, run: run)
    func delayed(_ reason: Delay.Reason) -> ItemState {
      .delayed(Delay(tally: Tally(), until: last, reason: reason, lastRun: nil))
    }
    func held(_ orphaned: Bool) -> ItemState {
      .processing(
        Hold(
          tally: Tally(), token: 1, holder: .worker(WorkerID(1)), since: first, orphaned: orphaned))
    }
    let states: [ItemState] = [
      .pending(Tally()), delayed(.scheduled), delayed(.backoff), delayed(.deferred), held(false),
      held(true), .done(ending), .failed(ending),
    ]
    var counts = Counts()
    for state in states { counts.add(state) }
    #expect(Status.allCases.map { counts[$0] } == [1, 3, 2, 1, 1])
    #expect(counts.scheduled == 1 && counts.orphaned == 1 && counts.total == 8)
    #expect(!counts.areConserved)
    (counts.enqueued, counts.removed) = (9, 1)
    #expect(counts.areConserved)
    for state in states { counts.subtract(state) }
    #expect(counts.total == 0 && counts.scheduled == 0 && counts.orphaned == 0)
    for state in states { counts.subtract(state) }
    #expect(counts.total == 0 && counts.scheduled == 0 && counts.orphaned == 0)
    for (index, status) in Status.allCases.enumerated() { counts[status] = UInt64(index) }
    #expect(
      [counts.pending, counts.delayed, counts.processing, counts.done, counts.failed]
        == [0, 1, 2, 3, 4])
  }

  @Test func `a batch gives back what was put in, in order`() {
    var batch = ItemBatch([ItemID("a")!, ItemID("b")!])
    batch.append(id: [0xff], payload: [])
    batch.append(id: Array("long".utf8)[...], payload: [9, 8, 7][...])
    #expect(batch.count == 4 && !batch.isEmpty)
    #expect((0..<4).map { batch.id(at: $0).bytes } == [[97], [98], [0xff], Array("long".utf8)])
    #expect((0..<4).map { batch.payload(at: $0) } == [nil, nil, [], [9, 8, 7]])
    batch.removeAll()
    #expect(batch.isEmpty && batch.bytes.isEmpty)
    batch.append(id: [1], payload: nil)
    #expect(batch.id(at: 0).bytes == [1] && batch.payload(at: 0) == nil)
  }

  @Test func `a run keeps the end of a long message`() {
    let message = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
    let run = RunSummary(exit: nil, startedAt: first, endedAt: last, message: message)
    #expect(run.message == Array(message.suffix(RunSummary.maximumMessage)))
  }

  @Test func `an audit counts what it does not describe`() {
    var audit = Audit()
    for index in 1...150 { audit.note("\(index)") }
    #expect(audit.count == 150 && audit.findings.count == Audit.maximumFindings)
    #expect(audit.findings.last == "100")
  }

  @Test func `a pause holds until its end`() {
    let moment = Timestamp(microseconds: 9)
    let pause = QueueSettings.Pause.until(moment)
    #expect(pause.holds(at: moment + .microseconds(-1)) && !pause.holds(at: moment))
    #expect(QueueSettings.Pause.indefinite.holds(at: last))
  }
}
