import Foundation
import QueueTestKit

/// A store's life, recorded: the events on its disk, and what was acknowledged when.
final class Recording {
  let fixture: StoreFixture
  private(set) var facts: [Promises.Fact] = []
  private var marks: RecordMarks
  let environment: [String: String]

  static let disk = "disk"
  static let store = "disk/store"
  static let results = "disk/results"

  /// The disk when the recording begins, and what was acknowledged by then.
  let disk: Disk
  let promises: Promises

  /// `without`: the syncs that are left out; see `recorder.c`. `prepared`: whether there is an empty
  /// directory where the store will be.
  init(without: String = "", prepared: Bool = false) throws {
    fixture = try StoreFixture(storeAt: Self.store, in: StoreFixture.memory)
    promises = Promises()
    let disk = fixture.directory + "/" + Self.disk
    try FileManager.default.createDirectory(
      atPath: prepared ? fixture.store : disk, withIntermediateDirectories: true)
    self.disk = try Disk(copying: disk)
    let log = fixture.directory + "/log"
    marks = RecordMarks(path: log)
    environment = Self.environment(log: log, below: disk, without: without)
  }

  /// Of a store that a cut has left: all of it is durable.
  init(of fixture: StoreFixture, _ promises: Promises) throws {
    self.fixture = fixture
    self.promises = promises
    let path = fixture.directory + "/" + Self.disk
    disk = try Disk(copying: path)
    let log = fixture.directory + "/log"
    marks = RecordMarks(path: log)
    environment = Self.environment(log: log, below: path, without: "")
  }

  /// For commands that are to be recorded.
  static func environment(log: String, below disk: String, without: String) -> [String: String] {
    [
      "LD_PRELOAD": CommandProcess.products + "/recorder.so", "Q_RECORD": log,
      "Q_RECORD_UNDER": URL(fileURLWithPath: disk).resolvingSymlinksInPath().path,
      "Q_RECORD_WITHOUT": without,
    ]
  }

  func note(_ fact: Promises.Fact) {
    facts.append(fact)
    marks.add()
  }

  /// Workers that write result files beside the store, and sync them.
  func runWithResults(steps: Int, _ random: SeededRandom) throws {
    let traffic = QueueTraffic(fixture, environment: environment, random) { self.note($0) }
    traffic.workOptions = [
      "--results", fixture.directory + "/" + Self.results, "--sync-results", "--backoff",
      "5ms..20ms",
    ]
    traffic.enqueue(20)
    for _ in 1...steps { traffic.step() }
    traffic.work()
    try traffic.finish()
    traffic.look("done")
    traffic.enqueue(1)
    try traffic.finish()
  }

  /// From the making of the store to a drained queue.
  func run(steps: Int, _ random: SeededRandom) throws {
    let traffic = QueueTraffic(fixture, environment: environment, random) { self.note($0) }
    for _ in 1...3 { traffic.enqueue(8) }
    try traffic.finish()
    traffic.configure()
    try traffic.finish()
    for _ in 1...2 { traffic.work() }
    traffic.compact()
    for _ in 1...steps { traffic.step() }
    try traffic.finish()
    try traffic.retry()
    traffic.enqueue(120)
    for _ in 1...2 { traffic.work() }
    traffic.compact()
    traffic.look("done")
    try traffic.finish()
    traffic.remove()
    traffic.look("done")
    try traffic.finish()
  }

  /// From what a cut has left: dead workers' claims are taken back, and all goes on.
  func goOn(steps: Int, _ random: SeededRandom) throws {
    _ = FileManager.default.createFile(atPath: fixture.directory + "/cure", contents: nil)
    let traffic = QueueTraffic(fixture, environment: environment, from: 1_000, random) {
      self.note($0)
    }
    for _ in 1...2 { traffic.work() }
    for _ in 1...steps { traffic.step() }
    try traffic.finish()
  }

  /// A q-enqueue makes the store and is killed as soon as it stands under its name; another one
  /// enqueues.
  func runAfterKilledMaker(_ random: SeededRandom) throws {
    let killed = CommandProcess(
      ["q-enqueue", "--store", fixture.store],
      environment: environment.merging(["Q_RECORD_KILL": "rename"]) { _, new in new })
    guard killed.wait() == .signalled(SIGKILL) else { throw Unexpected("q-enqueue lives on") }
    let traffic = QueueTraffic(fixture, environment: environment, random) { self.note($0) }
    traffic.enqueue(3)
    try traffic.finish()
  }

  func log() throws -> RecordedLog { try RecordedLog(path: fixture.directory + "/log") }

  /// What the store's lock file was when nobody had it open any more.
  func staleLock() -> [UInt8] {
    let file = "\(fixture.store)/\(fixture.environment)/lock.mdb"
    let bytes = FileManager.default.contents(atPath: file)
    return bytes.map { [UInt8]($0) } ?? []
  }
}
