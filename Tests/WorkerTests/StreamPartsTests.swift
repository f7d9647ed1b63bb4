import QueueCore
import QueueTestKit
import System
import Testing

@testable import Worker

/// The parts that feed handlers of many items, apart.
@Suite struct StreamPartsTests {
  private func plan(_ shape: HandlerShape) -> WorkPlan {
    var plan = WorkPlan(
      queue: .default, store: "/", defaultSlots: 1,
      program: Program(path: [], arguments: [], environment: []),
      template: HandlerTemplate([Array("h".utf8)]))
    plan.shape = shape
    return plan
  }

  @Test func `runs are filled; what does not fill one waits, unless no more comes`() {
    var load = RunLoad(plan(.many(HandlerShape.Many(count: 3))), room: 1_000)
    let claims = (1...8).map { Claim.numbered($0) }
    #expect(load.fill(claims, isLast: false).map(\.count) == [3, 3])
    #expect(load.loose.count == 2)
    #expect(load.fill([Claim.numbered(9)], isLast: false).map(\.count) == [3])
    #expect(load.fill([Claim.numbered(10)], isLast: true).map(\.count) == [1])
  }

  @Test func `what the system would not take goes to another run, one that is too long alone`() {
    var load = RunLoad(plan(.many(HandlerShape.Many(count: 10))), room: 30)
    let claims = [
      Claim.numbered(1), Claim.numbered(2), Claim.numbered(3),
      Claim.numbered(4, id: String(repeating: "x", count: 99)), Claim.numbered(5),
    ]
    #expect(load.fill(claims, isLast: true).map(\.count) == [3, 1, 1])
    load.lower(after: [Claim.numbered(1), Claim.numbered(2)])
    #expect(
      load.fill([Claim.numbered(1), Claim.numbered(2)], isLast: true).map(\.count) == [1, 1])
  }

  @Test func `the search for a second's work ends near it, and says so once`() {
    var search = LoadSearch()
    var said: [Int] = []
    for _ in 0..<20 {
      let count = search.count
      if let settled = search.ran(count, of: count, for: UInt64(count) * 3_000_000) {
        said.append(settled)
      }
    }
    #expect(said.count == 1 && (160...340).contains(said[0]))
    for _ in 0..<5 {
      _ = search.ran(search.count, of: search.count, for: UInt64(search.count) * 30_000_000)
    }
    #expect((20...40).contains(search.count))
  }

  @Test func `a window doubles as long as it is answered within a second`() {
    var window = StreamWindow(maximum: 64)
    window.resume(now: 0)
    var now: UInt64 = 0
    var sizes: [Int] = []
    for _ in 0..<8 {
      now += UInt64(window.size) * 1_000
      window.answered(window.size, now: now)
      sizes.append(window.size)
    }
    #expect(sizes == [2, 4, 8, 16, 32, 64, 64, 64])
    now += 8_000_000_000
    window.answered(64, now: now)
    #expect(window.size == 8)
  }

  @Test func `requests are answered in order or by name; what was not sent can be taken back`() {
    var requests = StreamRequests(named: true)
    for number in 1...4 {
      requests.add(Claim.numbered(UInt64(number))) { $0 += [UInt8(48 + number), 10] }
    }
    requests.send { bytes in
      #expect(bytes.count == 8)
      return 5
    }
    #expect(requests.takeUnsent().map(\.token.number) == [4])
    let other = Token(number: 1, key: Claim.numbered(2).token.key, incarnation: 1)
    #expect(requests.take(Claim.numbered(2).token)?.token.number == 2)
    #expect(
      requests.take(Claim.numbered(2).token) == nil && requests.take(Claim.numbered(4).token) == nil
    )
    #expect(requests.take(other) == nil)
    #expect(requests.oldest?.token.number == 1 && requests.count == 2)
    #expect(requests.takeOldest()?.token.number == 1)
    #expect(requests.oldest?.token.number == 3)
    requests.send { bytes in bytes.count }
    #expect(requests.isSent && requests.takeAll().map(\.token.number) == [3])
  }

  @Test func `many requests come and go, and what is left is what was not answered`() {
    var random = SplitMix64(seed: 7)
    var requests = StreamRequests(named: true)
    var due: [UInt64] = []
    for number in 1...20_000 as ClosedRange<UInt64> {
      requests.add(Claim.numbered(number)) { $0.append(1) }
      due.append(number)
      requests.send { min($0.count, Int.random(in: 0...3, using: &random)) }
      if Bool.random(using: &random), let last = due.indices.randomElement(using: &random) {
        #expect(requests.take(Claim.numbered(due[last]).token)?.token.number == due[last])
        due.remove(at: last)
      }
      #expect(requests.oldest?.token.number == due.first && requests.count == due.count)
    }
    #expect(requests.takeAll().map(\.token.number) == due)
  }

  @Test func `fuzz: whatever a handler writes is an answer or refused`() throws {
    var fuzz = Fuzz("answers", rounds: 20_000)
    for _ in 0..<20_000 {
      var line = fuzz.bytes(0...40, of: "0123456789\t{}\":,statusnotetokendefer")
      if Bool.random(using: &fuzz.random) {
        line = Array(#"{"status":"#.utf8) + line + Array("}".utf8)
      }
      line.withUnsafeBytes { bytes in
        if let answer = try? Answer(plain: bytes) {
          #expect(bytes.first.map { $0 &- 48 < 10 } == true && answer.note.count <= 4_096)
        }
        if let (_, answer) = try? Answer.read(json: bytes) { #expect(answer.emitted.isEmpty) }
      }
    }
  }

  @Test func `which run carries a claim is found in the worker's file, also after many`() throws {
    let store = "\(Spool.temporaryDirectory)/q-claims-\(UInt64.random(in: 0 ... .max))"
    try Directory.make(store, mode: 0o700)
    defer { try? RunRecords.remove(store: store, worker: 1) }
    let records = try RunRecords(store: store, worker: 1, slots: 2)
    let claims = RunClaims(records, slot: 1)
    try claims.begin(7, charged: ClaimList.all)
    try claims.add([7, 8, 9], charged: ClaimList.all)
    try claims.begin(100, charged: ClaimList.none)
    for start in stride(from: 100 as UInt64, to: 70_000, by: 500) {
      try claims.add(Array(start..<start + 500), charged: start)
    }
    let listed = Set(1...71_000 as ClosedRange<UInt64>)
    var found = try #require(try RunRecords.read(store: store, worker: 1, claims: listed)).claims
    #expect(found[7] == nil && found[69_999] == ClaimPlace(run: 100, isStarted: false))
    #expect(found[69_600] == ClaimPlace(run: 100, isStarted: true))
    try claims.charge(69_601)
    found = try #require(try RunRecords.read(store: store, worker: 1, claims: listed)).claims
    #expect(found[69_600]?.isStarted == false && found[69_601]?.isStarted == true)
    #expect(found.count == ClaimList.capacity)
  }
}
