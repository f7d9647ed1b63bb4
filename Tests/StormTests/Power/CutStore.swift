import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit

/// A store as a cut of power left it, looked at and used by the built commands.
struct CutStore {
  let fixture: StoreFixture

  /// Whether there is a store: its maker had come to the end, or one has lost more than it may.
  var isThere: Bool {
    FileManager.default.fileExists(atPath: fixture.store + "/current")
  }

  /// What is not as it must be, one sentence each. The library reads what q-check has read before:
  /// a damaged store could crash this process. `payloads`: also what only the library reads.
  func violations(_ promises: Promises, payloads: Bool) throws -> [String] {
    guard isThere else {
      return promises.isEmpty ? [] : ["\(promises.acknowledged) acknowledged, and no store"]
    }
    let findings = fixture.findings()
    guard findings.isEmpty else { return ["q-check: \(findings)"] }
    return promises.violations(of: try StoreContents(of: fixture.store, payloads: payloads))
  }

  /// Results that are not there, or not whole, of items that are done.
  func lackingResults(_ promises: Promises) -> [String] {
    let results = fixture.directory + "/" + Recording.results
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: results)) ?? []
    var whole: Set<String> = []
    for name in names where name.hasSuffix(".json") {
      let output = fixture.text(of: "\(results)/\(name.dropLast(5)).out")
      let json = fixture.text(of: results + "/" + name)
      // The handler writes the id.
      let id = String(output.dropLast())
      if output.hasSuffix("\n"), json.contains("\"id\":\"\(id)\""), json.hasSuffix("}\n") {
        whole.insert(id)
      }
    }
    let lacking = promises.done.subtracting(whole)
    return lacking.isEmpty ? [] : ["\(lacking.count) done have no results: \(lacking.min() ?? "")"]
  }

  /// What filled them was cut off.
  private func sealBatches() throws {
    let store = try LMDBStore(path: fixture.store)
    for batch in try store.batches(after: nil, limit: 9) {
      _ = try store.seal(batch.name) { _ in false }
    }
  }

  /// Whether the store takes items and works as any other; or, where there is none, can be made.
  func faultsInUse() throws -> [String] {
    let new = ["after-1", "after-2"]
    _ = CommandProcess(["q-resume", "--store", fixture.store]).wait()
    try fixture.enqueue(new)
    try sealBatches()
    let work = fixture.work(
      ["--workers", "3", "--max-losses", "0", "--quiet", "--backoff", "1ms..1ms"],
      handler: [StoreFixture.handler("tally.sh")],
      environment: ["TALLY": fixture.directory + "/tally", "CURE": "/"])
    guard let exit = work.wait(within: 60), exit == .exited(0) else {
      return ["q-work does not drain it: \(fixture.said.suffix(500))"]
    }
    let contents = try StoreContents(of: fixture.store)
    var faults = contents.items.filter { $0.value != .done && $0.value != .failed }
      .map { "\($0.key) is \($0.value) in a drained queue" }
    let undone = new.filter { contents.items[$0] != .done }
    if !undone.isEmpty { faults.append("new items are not done: \(undone)") }
    let findings = fixture.findings()
    if !findings.isEmpty { faults.append("after work: \(findings)") }
    return faults
  }
}
