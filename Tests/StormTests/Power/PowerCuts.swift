import Foundation

/// Cuts of power in a recorded life of a store, and what they do to it.
struct PowerCuts {
  private(set) var count = 0
  private(set) var used = 0
  private(set) var absent = 0
  private(set) var violations: [String] = []

  private let recording: Recording
  private let log: RecordedLog
  private var random: SeededRandom

  init(_ recording: Recording, _ random: SeededRandom) throws {
    self.recording = recording
    self.random = random
    log = try recording.log()
  }

  var events: Int { log.count }

  /// Cuts at this many places, until `limit` violations were seen. `use`: whether to read payloads of
  /// some of the stores and to work on some, which takes them to be sound.
  mutating func run(cuts: Int, limit: Int = 10, use: Bool = true) throws {
    var disk = recording.disk
    var promises = Promises()
    let staleLock = recording.staleLock()
    var place = 0
    for cut in places(cuts) {
      while place < cut {
        let event = log[place]
        try disk.apply(event)
        if case .mark(let number) = event { promises.note(recording.facts[number]) }
        place += 1
      }
      guard violations.count < limit else { return }
      let fixture = try StoreFixture(storeAt: "disk/store")
      let kind = CutChoice.Kind.allCases.randomElement(using: &random) ?? .mixed
      try disk.rebuild(at: fixture.directory + "/disk", as: kind, staleLock: staleLock, &random)
      count += 1
      let store = CutStore(fixture: fixture)
      if !store.isThere { absent += 1 }
      var found = try store.violations(promises, payloads: use && random.happens(30))
      if found.isEmpty && use && random.happens(store.isThere ? 8 : 30) {
        used += 1
        found = try store.faultsInUse()
      }
      violations += found.map { "cut after \(cut) of \(log.count) events, \(kind): \($0)" }
    }
  }

  /// After how many events to cut: mostly around syncs, meta pages, names and acknowledgements, often
  /// while the store is being made.
  private mutating func places(_ count: Int) -> [Int] {
    let interesting = log.interesting
    let marks = log.marks
    let making = interesting.filter { $0 < log.count / 50 }
    return (0..<count).map { _ in
      switch random.number(1...100) {
      case 1...45: interesting.randomElement(using: &random) ?? 0
      case 46...65: marks.randomElement(using: &random) ?? 0
      case 66...80: making.randomElement(using: &random) ?? 0
      default: random.number(0...log.count)
      }
    }.sorted()
  }
}
