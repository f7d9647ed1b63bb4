import Foundation
import LMDBStore
import QueueCore
import QueueTestKit

/// A store in a directory of its own, with the handlers' ledger beside it.
final class StoreFixture {
  let directory: String
  /// Where the store is; ``directory`` if nowhere else.
  let place: String
  var store: String { place + "/store" }
  var ledger: String { directory + "/ledger" }
  var errors: String { directory + "/errors" }

  /// `subdirectory`: where in the directory the store is to be, for what is mounted there.
  init(storeIn subdirectory: String = "") throws {
    directory = NSTemporaryDirectory() + "q-storm-" + UUID().uuidString.prefix(8)
    place = directory + subdirectory
    try FileManager.default.createDirectory(
      atPath: ledger + "/items", withIntermediateDirectories: true)
  }

  deinit {
    guard ProcessInfo.processInfo.environment["Q_KEEP"] == nil else { return }
    try? FileManager.default.removeItem(atPath: directory)
  }

  // MARK: Running

  static func handler(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../fixtures/handlers/\(name)").standardized.path
  }

  /// Starts `q-work` with these options and handler, its errors in ``errors``.
  func work(
    _ options: [String] = [], handler: [String], environment: [String: String] = [:],
    output: String = "/dev/null"
  ) -> CommandProcess {
    CommandProcess(
      ["q-work", "--store", store] + options + ["--"] + handler,
      environment: environment.merging(["LEDGER": ledger]) { given, _ in given },
      streams: .init(output: output, error: errors))
  }

  /// Enqueues and expects it to be acknowledged.
  func enqueue(_ ids: [String]) throws {
    let process = try startEnqueue(ids)
    guard process.wait() == .exited(0) else { throw Unexpected("q-enqueue: \(said)") }
  }

  func startEnqueue(_ ids: [String]) throws -> CommandProcess {
    let input = directory + "/input-" + UUID().uuidString
    try (ids.joined(separator: "\n") + "\n").write(
      toFile: input, atomically: false, encoding: .utf8)
    return CommandProcess(
      ["q-enqueue", "--quiet", "--store", store], streams: .init(input: input, error: errors))
  }

  /// `q-stats`, by name.
  func stats() throws -> [String: Int] {
    let output = directory + "/stats-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: output) }
    let process = CommandProcess(
      ["q-stats", "--store", store], streams: .init(output: output, error: errors))
    let exit = process.wait()
    guard exit == .exited(0) else {
      throw Unexpected("q-stats: \(String(describing: exit)): \(said)")
    }
    var counts: [String: Int] = [:]
    for line in text(of: output).split(separator: "\n") {
      let words = line.split(separator: " ")
      counts[String(words[0])] = Int(words[1])
    }
    return counts
  }

  /// What `q-check` finds; empty when the store is sound.
  func findings() -> String {
    let output = directory + "/check-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: output) }
    let process = CommandProcess(
      ["q-check", "--store", store], streams: .init(output: output, error: output))
    let exit = process.wait(within: 60)
    return exit == .exited(0) ? "" : "\(String(describing: exit)): \(text(of: output))"
  }

  /// What the commands said on standard error so far.
  var said: String { text(of: errors) }

  func text(of path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Lets the handlers of `gate.sh` end.
  func letGo() { _ = FileManager.default.createFile(atPath: ledger + "/go", contents: nil) }

  // MARK: Looking

  /// The runs' ledger so far.
  func runs() -> RunLedger { RunLedger(text(of: ledger + "/events")) }

  /// How many workers are registered, or left their records behind.
  var workers: Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: store + "/runs")) ?? []).count
  }

  /// One item, read by the library.
  func item(_ id: String) throws -> Item {
    let store = try LMDBStore(path: self.store)
    guard let item = try store.item(ItemID(unchecked: Array(id.utf8)), in: .default) else {
      throw Unexpected("item \(id) is not there")
    }
    return item
  }

  /// All items of one status.
  func items(_ status: Status) throws -> [Item] {
    let store = try LMDBStore(path: self.store)
    var items: [Item] = []
    var after: ItemKey?
    repeat {
      let page = try store.items(of: .default, in: status, after: after, limit: 1_000)
      items += page.items
      after = page.next
    } while after != nil
    return items
  }
}

/// Something that makes a test pointless to go on with.
struct Unexpected: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
