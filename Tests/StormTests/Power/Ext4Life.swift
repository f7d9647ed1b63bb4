import Foundation
import QueueTestKit

/// The life of one store on a disk whose power is cut several times, the first time perhaps while
/// the store is being made.
struct Ext4Life {
  private(set) var cuts = 0
  private(set) var violations: [String] = []
  /// Items that were acknowledged as enqueued.
  var acknowledged: Int { known.promises.acknowledged }
  /// Whether a cut came before there was a store.
  private(set) var cutBeforeStore = false

  /// Where the traffic leaves what is known.
  private final class Known {
    var promises = Promises()
  }

  private let fixture: StoreFixture
  private let disk: Ext4Disk
  private let known = Known()
  private let traffic: QueueTraffic
  /// No syncs are left out: what q-check takes for sound may be read and worked on.
  private let isSafe: Bool
  private var random: SeededRandom

  /// `options`: of the mount. `without`: syncs that are left out; see `recorder.c`.
  init(options: String = "", without: String = "", _ random: SeededRandom) throws {
    self.random = random
    fixture = try StoreFixture(storeAt: Recording.store)
    disk = try Ext4Disk(at: fixture.directory + "/" + Recording.disk, options: options)
    isSafe = without.isEmpty
    var environment: [String: String] = [:]
    if !isSafe {
      let log = RecordMarks(path: fixture.directory + "/log").path
      environment = Recording.environment(log: log, below: disk.path, without: without)
    }
    traffic = QueueTraffic(
      fixture, environment: environment, SeededRandom(seed: self.random.next())
    ) { [known] in known.promises.note($0) }
  }

  mutating func run(cuts count: Int) throws {
    for number in 1...count where violations.isEmpty {
      if number == 1 {
        for _ in 1...3 { traffic.enqueue(4) }
        usleep(UInt32(random.number(2_000...50_000)))
      }
      if number > 1 || random.happens(50) {
        for _ in 1...random.number(1...40) { traffic.step() }
        usleep(random.moment(upTo: 30_000))
      }
      let kind: Ext4Disk.Cut = random.happens(80) ? .losingLog : .flushingLog
      try disk.cut(kind)
      cuts += 1
      if random.happens(50) { usleep(random.moment(upTo: 20_000)) }
      traffic.kill()
      try disk.restart()
      let store = CutStore(fixture: fixture)
      if !store.isThere { cutBeforeStore = true }
      violations += try store.violations(known.promises, payloads: isSafe).map {
        "cut \(number), \(kind): \($0)"
      }
    }
    violations += traffic.unexpected
    if violations.isEmpty && isSafe { violations = try CutStore(fixture: fixture).faultsInUse() }
  }
}
