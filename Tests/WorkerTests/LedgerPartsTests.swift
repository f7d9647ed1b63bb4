import Glibc
import QueueCore
import System
import Testing

@testable import Worker

/// The ledger's parts, each alone.
@Suite struct LedgerPartsTests {
  private static let moment = Timestamp(microseconds: 1)

  private func claim(_ number: UInt64) -> Claim {
    let key = ItemKey(queue: 1, priority: 0, sequence: number)
    return Claim(
      token: Token(number: number, key: key, incarnation: 1), id: ItemID(unchecked: [1]),
      payload: nil, tally: Tally(), since: Self.moment)
  }

  @Test func `what goes back does not count against the limit`() {
    var claims = Claims(limit: 3)
    claims.take([claim(1), claim(2)])
    #expect(claims.assign([claim(1), claim(2)]).ordinal == 1)
    #expect(claims.room == 1 && claims.outstanding == 2)
    claims.release(claim(1).token, id: claim(1).id, now: Self.moment)
    #expect(claims.outstanding == 1 && claims.room == 1)
    var turn = Turn(queue: .default, worker: WorkerID(1))
    claims.fill(&turn)
    #expect(turn.settlements.map(\.token.number) == [1])
    let settled = claims.commit(returned: 1)
    #expect(settled == [1] && claims.room == 2 && claims.outstanding == 1)
    claims.take([claim(3)])
    #expect(claims.assign([claim(3)]).ordinal == 2)
  }

  @Test func `a claim that nobody was told of is adopted once, one that is left never`() {
    var claims = Claims(limit: nil)
    claims.take([claim(1), claim(2)])
    claims.leave(claim(2).token)
    claims.adopt([1, 2, 3].map { claim($0).token }, now: Self.moment)
    claims.adopt([1, 2, 3].map { claim($0).token }, now: Self.moment)
    #expect(
      claims.settlements.map(\.token.number) == [3] && claims.outstanding == 1 && claims.leavesAny)
  }

  @Test func `signals ask, end and kill; what halts the run first does not hide them`() throws {
    var shutdown = Shutdown(halt: HaltPolicy("soon,fail=1"))
    shutdown.note(.failed(final: true), isEnd: true)
    let reason = try #require(shutdown.haltReason)
    let kills = shutdown.halt(because: reason, running: 1, deadline: 5)
    #expect(!kills && shutdown.reason == reason && shutdown.haltReason == nil)
    let steps = [SIGINT, SIGTERM, SIGTERM].map { signal in
      (shutdown.signal(signal), shutdown.reason, shutdown.isKilling)
    }
    #expect(steps.map(\.0) == [.letEnd, .terminate, .kill])
    #expect(steps.map(\.1) == [.signal(SIGINT), .signal(SIGINT), .signal(SIGINT)])
    #expect(steps.map(\.2) == [false, true, true])
  }

  @Test func `a halt that does not wait kills what does not end`() throws {
    var shutdown = Shutdown(halt: HaltPolicy("now,fail=1"))
    shutdown.note(failed: 1)
    let reason = try #require(shutdown.haltReason)
    let kills = shutdown.halt(because: reason, running: 1, deadline: 5)
    let due = [UInt64(4), 5, 6].map { shutdown.isKillDue($0) }
    #expect(kills && due == [false, true, false])
  }

  @Test func `trouble is borne for a minute, a killed run waits for nothing`() throws {
    let (busy, second) = (StoreError(.busy, ""), UInt64(1_000_000_000))
    var trouble = Trouble()
    var isNew = try trouble.bear(busy, ofTurn: false, now: second, isHurried: false)
    #expect(isNew && trouble.retryAt == 2 * second && !trouble.asksForTurn)
    isNew = try trouble.bear(busy, ofTurn: true, now: 61 * second, isHurried: false)
    #expect(!isNew && trouble.asksForTurn)
    #expect(throws: busy) {
      try trouble.bear(busy, ofTurn: true, now: 62 * second, isHurried: false)
    }
    #expect(throws: busy) {
      try trouble.bear(busy, ofTurn: true, now: 3 * second, isHurried: true)
    }
    let passes = [trouble.pass(), trouble.pass()]
    #expect(passes == [true, false] && !trouble.isThere)
    let unsound = StoreError(.unsound, "")
    #expect(throws: unsound) {
      try trouble.bear(unsound, ofTurn: true, now: second, isHurried: false)
    }
  }

  @Test func `a dead worker's runs are looked for less and less often while they end`() {
    var safety = SafetyPoll()
    let looks = [safety.look(1, now: 0), safety.look(1, now: 0), safety.isRecoveryDue(.max - 1)]
    #expect(looks == [true, false, false])
    safety.recovered(isEnding: true, isBlocked: false, now: 0)
    #expect(safety.due == 2_000_000 && safety.endsRuns)
    safety.recovered(isEnding: true, isBlocked: false, now: 0)
    #expect(safety.due == 4_000_000)
    safety.recovered(isEnding: false, isBlocked: false, now: 0)
    #expect(safety.due == 1_000_000_000 && !safety.endsRuns)
  }
}
