import Foundation

/// What handlers on all machines noted of their runs, on one disk: judged in the order of the writes, by no clock.
final class MachineLedger {
  let directory: String
  private(set) var runs = RunLedger()
  /// Items that were seen done, and how many events there were then at most.
  private var done: [String: Int] = [:]

  init(at directory: String) throws {
    self.directory = directory
    try FileManager.default.createDirectory(
      atPath: directory + "/items", withIntermediateDirectories: true)
  }

  func read() { runs.read(directory + "/events") }

  /// Notes items that the store says are done: seen before the events that are read now.
  func note(done ids: Set<String>) {
    read()
    for id in ids where done[id] == nil { done[id] = runs.events.count }
  }

  /// What must never be.
  var violations: [String] {
    let again = runs.events.enumerated().filter { place, event in
      event.kind == .start && done[event.id].map { place >= $0 } ?? false
    }
    return runs.violations + again.map { "item \($0.element.id) was done, and ran again" }
  }
}
