import Foundation
import QueueTestKit

/// Cuts of power in a recorded life of a store, and what they do to it.
struct PowerCuts {
  private(set) var count = 0
  private(set) var used = 0
  private(set) var absent = 0
  private(set) var violations: [String] = []

  private let recording: Recording
  private let log: RecordedLog
  private let staleLock: [UInt8]
  private var random: SeededRandom
  /// The disk, and what was acknowledged, after this many events.
  private var place = 0
  private var disk: Disk
  private var promises: Promises

  init(_ recording: Recording, _ random: SeededRandom) throws {
    self.recording = recording
    self.random = random
    log = try recording.log()
    staleLock = recording.staleLock()
    disk = recording.disk
    promises = recording.promises
  }

  var events: Int { log.count }

  /// Cuts at this many places, until `limit` violations were seen. `use`: whether to read payloads of
  /// some of the stores and to work on some, which takes them to be sound. `late`: only in the
  /// later half, and often at the end, where nothing follows that would sync what was not. `results`:
  /// whether there must be results.
  mutating func run(
    cuts: Int, limit: Int = 10, use: Bool = true, late: Bool = false, results: Bool = false
  ) throws {
    for cut in places(cuts, late: late) where violations.count < limit {
      let (store, kind) = try rebuild(after: cut)
      if !store.isThere { absent += 1 }
      var found = try store.violations(promises, payloads: use && random.happens(30))
      if results { found += store.lackingResults(promises) }
      if found.isEmpty && use && random.happens(store.isThere ? 8 : 30) {
        used += 1
        found = try store.faultsInUse()
      }
      // Q_KEEP keeps the directory.
      let name = "\(store.fixture.directory), cut after \(cut) of \(log.count) events, \(kind)"
      violations += found.map { "\(name): \($0)" }
    }
  }

  /// Cuts once, late, and records how the store lives on.
  mutating func secondLife(steps: Int) throws -> Recording {
    let (store, _) = try rebuild(after: random.number(log.count / 2...log.count))
    let second = try Recording(of: store.fixture, promises)
    try second.goOn(steps: steps, SeededRandom(seed: random.next()))
    return second
  }

  /// What a cut after so many events leaves. The disk only goes on, never back.
  private mutating func rebuild(after cut: Int) throws -> (CutStore, CutChoice.Kind) {
    while place < cut {
      let event = log[place]
      try disk.apply(event)
      if case .mark(let number) = event { promises.note(recording.facts[number]) }
      place += 1
    }
    count += 1
    let fixture = try StoreFixture(storeAt: Recording.store, in: StoreFixture.memory)
    let kind = CutChoice.Kind.allCases.randomElement(using: &random) ?? .mixed
    let path = fixture.directory + "/" + Recording.disk
    try disk.rebuild(at: path, as: kind, staleLock: staleLock, &random)
    return (CutStore(fixture: fixture), kind)
  }

  /// After how many events to cut: mostly around syncs, meta pages, names and acknowledgements, often
  /// while the store is being made.
  private mutating func places(_ count: Int, late: Bool) -> [Int] {
    let interesting = log.interesting
    let marks = log.marks
    let making = interesting.filter { $0 < log.count / 50 }
    let places = (0..<count).map { _ in
      switch random.number(1...100) {
      case 1...45: interesting.randomElement(using: &random) ?? 0
      case 46...65: marks.randomElement(using: &random) ?? 0
      case 66...80: making.randomElement(using: &random) ?? 0
      default: late && random.happens(50) ? log.count : random.number(0...log.count)
      }
    }
    return places.filter { !late || $0 > log.count / 2 }.sorted()
  }
}
