import QueueCore
import Testing

@Suite struct ExitTableTests {
  private static let failed = ExitTable.Judgement.settle(.failed(final: false))

  @Test func `every exit status means what the table says`() {
    let table = ExitTable()
    for status in UInt8.min...UInt8.max {
      let expected: ExitTable.Judgement =
        switch status {
        case 0: .settle(.succeeded)
        case 75: .settle(.deferred(for: nil))
        case 65, 100: .settle(.failed(final: true))
        case 126, 127: .stop(status: status)
        default: Self.failed
        }
      #expect(table.judge(.exited(status), timedOut: false, anySuccess: false) == expected)
    }
  }

  @Test func `126 and 127 are failed attempts once anything has succeeded`() {
    for status in [126, 127] as [UInt8] {
      #expect(
        ExitTable().judge(.exited(status), timedOut: false, anySuccess: true) == Self.failed)
    }
    #expect(
      ExitTable().judge(.exited(75), timedOut: false, anySuccess: true)
        == .settle(.deferred(for: nil)))
  }

  @Test func `a signal is a crash, past the time-out everything is a time-out`() {
    let table = ExitTable()
    #expect(table.judge(.signalled(9), timedOut: false, anySuccess: false) == .settle(.crashed))
    for exit in [.exited(0), .exited(75), .exited(127), .signalled(15)] as [RunExit] {
      #expect(table.judge(exit, timedOut: true, anySuccess: false) == .settle(.timedOut))
    }
  }

  @Test func `the lists can be changed`() {
    var table = ExitTable()
    (table[1], table[2], table[3], table[75], table[65]) = (
      .deferred, .final, .stopping, .retried, .retried
    )
    let judged = [1, 2, 3, 75, 65, 127].map {
      table.judge(.exited($0), timedOut: false, anySuccess: true)
    }
    #expect(
      judged == [
        .settle(.deferred(for: nil)), .settle(.failed(final: true)), .stop(status: 3), Self.failed,
        Self.failed, Self.failed,
      ])
  }

  @Test func `a list of statuses is read, or refused`() {
    #expect(ExitList("1-3,75")?.statuses == [1, 2, 3, 75] && ExitList("255")?.statuses == [255])
    for text in ["", "0", "256", "3-1", "1,", "-1", "1-", "a", "1 ,2", "0-3"] {
      #expect(ExitList(text) == nil, "\(text)")
    }
  }
}
