import Foundation
import LMDBStore
import PostgresStore
import QueueCore
import QueueLogic
import QueueTestKit

/// A store in a directory of its own, with the handlers' ledger beside it.
final class StoreFixture {
  let directory: String
  /// A path, or an address.
  private(set) var store: String
  var ledger: String { directory + "/ledger" }
  /// The handlers' own lines; see ``RunLedger``.
  var events: String { ledger + "/events" }
  var errors: String { directory + "/errors" }
  /// Who runs commands, one after the other; empty: this process's user. They share the store by the
  /// group ``sharingGroup``.
  private(set) var users: [Int] = []
  private var turns = 0
  static let sharingGroup = 65_000

  /// In memory where there is such a place: for tests that no disk has to do with.
  static let memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : NSTemporaryDirectory()

  /// `place`: the store's name below ``directory``. `base`: where that is, with a slash at its end.
  init(storeAt place: String = "store", in base: String = NSTemporaryDirectory()) throws {
    directory = base + "q-storm-" + UUID().uuidString.prefix(8)
    store = directory + "/" + place
    try FileManager.default.createDirectory(
      atPath: ledger + "/items", withIntermediateDirectories: true)
  }

  deinit {
    for left in RunningHandlers.of(ledger) { kill(left.pid, SIGKILL) }
    guard ProcessInfo.processInfo.environment["Q_KEEP"] == nil else { return }
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// A store on a server that all tests share.
  convenience init(on server: PostgresServer) throws {
    try self.init()
    store = server.newAddress()
  }

  /// The store, opened by the library.
  private func open() throws -> any PlacedStore { try Self.open(store) }

  /// A store by its path or address, opened by the library.
  static func open(_ store: String) throws -> any PlacedStore {
    guard store.hasPrefix("postgres:") else { return try LMDBStore(path: store) }
    return try PostgresStore(String(store.dropFirst("postgres:".count)), Opening())
  }

  /// The guards beside a worker, if its store is on a server.
  func guards(of worker: pid_t) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { pid in
      guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
        return false
      }
      let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.count > 2 && words[1] == "guard" && words[2] == "\(worker)"
    }
  }

  /// A store that these users share.
  convenience init(sharedBy users: [Int]) throws {
    try self.init()
    self.users = users
    let made = says(
      """
      umask 0; chmod 777 . ledger ledger/items; touch errors; chmod 666 errors
      mkdir store && chgrp \(Self.sharingGroup) store && chmod 2770 store
      """)
    guard made == "=> 0" else { throw Unexpected(made) }
  }

  /// A copy of a program that every user can run: the checkout may lie where only its owner gets.
  func copy(of program: String) -> String {
    let copy = directory + "/" + (program as NSString).lastPathComponent
    if access(copy, F_OK) != 0 {
      _ = says("install -m 755 '\(program)' '\(copy)'")
    }
    return copy
  }

  /// A command as the next of the users runs it.
  func asUser(_ command: [String]) -> [String] {
    guard !users.isEmpty else { return command }
    turns += 1
    let user = "\(users[turns % users.count])"
    return [
      "/usr/bin/env", "setpriv", "--reuid", user, "--regid", user, "--groups",
      "\(Self.sharingGroup)", "\(CommandProcess.products)/\(command[0])",
    ] + command.dropFirst()
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
      asUser(["q-work", "--store", store] + options + ["--"] + handler),
      environment: environment.merging(["LEDGER": ledger]) { given, _ in given },
      streams: .init(output: output, error: errors))
  }

  /// Enqueues and expects it to be acknowledged.
  func enqueue(_ ids: [String], _ options: [String] = []) throws {
    let process = try startEnqueue(ids, options)
    guard process.wait() == .exited(0) else { throw Unexpected("q-enqueue: \(said)") }
  }

  func startEnqueue(_ ids: [String], _ options: [String] = []) throws -> CommandProcess {
    let input = directory + "/input-" + UUID().uuidString
    try (ids.joined(separator: "\n") + "\n").write(
      toFile: input, atomically: false, encoding: .utf8)
    return CommandProcess(
      asUser(["q-enqueue", "--quiet", "--store", store] + options),
      streams: .init(input: input, error: errors))
  }

  /// Makes failed items pending again.
  func retryAll() throws {
    let process = CommandProcess(
      ["q-retry", "--store", store, "--all", "--quiet"], streams: .init(error: errors))
    guard process.wait() == .exited(0) else { throw Unexpected("q-retry: \(said)") }
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
  func runs() -> RunLedger { RunLedger(text(of: events)) }

  /// How many workers are registered, or left their records behind.
  var workers: Int {
    if store.hasPrefix("postgres:") { return (try? open().workers().count) ?? -1 }
    return ((try? FileManager.default.contentsOfDirectory(atPath: store + "/runs")) ?? []).count
  }

  /// The batches, read by the library.
  func batches() throws -> [BatchSummary] {
    try open().batches(after: nil, limit: 100)
  }

  /// What an item gave back.
  func result(of id: ItemID) throws -> String? {
    let result = try open().end(of: id, in: .default)?.result
    return result.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  static let usd = UnitName(unchecked: "usd")

  /// What the queue has spent in usd, read by the library.
  func spending() throws -> Spending {
    let units = try open().budgets(of: .default)
    return units.first { $0.unit == Self.usd }?.spending ?? Spending()
  }

  /// One item, read by the library.
  func item(_ id: String) throws -> Item {
    let store = try open()
    guard let item = try store.item(ItemID(unchecked: Array(id.utf8)), in: .default) else {
      throw Unexpected("item \(id) is not there")
    }
    return item
  }

  /// All items of one status.
  func items(_ status: Status) throws -> [Item] {
    let store = try open()
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
