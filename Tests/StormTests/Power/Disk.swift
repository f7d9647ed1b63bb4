import Foundation
import QueueTestKit

/// A disk that is fed the recorded events, and can be asked at any moment what a cut of power may
/// leave of it.
///
/// Of a directory the names that were there at its last sync are durable; of the changes since, made,
/// removed and renamed, the disk has the first few, any number of them, whatever other directories
/// have. A rename is one change. Stricter than ext4, whose journal has one order for everything, and
/// which makes the name of a new file durable with the file. For files see ``DiskFile``.
struct Disk {
  private struct Directory {
    struct Change {
      var event: Int
      var apply: (inout [String: Int]) -> Void
    }

    var durable: [String: Int] = [:]
    var changes: [Change] = []

    mutating func sync(until event: Int) {
      for change in changes where change.event < event { change.apply(&durable) }
      changes.removeAll { $0.event < event }
    }
  }

  private enum Running {
    case sync(inode: UInt64, from: Int)
    case write(inode: UInt64, offset: Int, count: Int, from: Int, isDurable: Bool)
  }

  /// Not durable: LMDB makes its contents anew when nobody has the store open.
  private static let lockFile = "lock.mdb"

  /// Numbers of this disk's own stand for inodes, of which the file system gives the same again.
  private var nodes: [UInt64: Int] = [:]
  private let root = 1
  private var lastNode = 0
  private var files: [Int: DiskFile] = [:]
  private var directories: [Int: Directory] = [:]
  private var running: [UInt64: Running] = [:]
  private var events = 0

  /// A disk with what is in the directory `path`, all of it durable.
  init(copying path: String) throws { _ = try copy(path) }

  private mutating func copy(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Unexpected("\(path) is not there") }
    let node = newNode(UInt64(status.st_ino))
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      files[node] = DiskFile([UInt8](FileManager.default.contents(atPath: path) ?? Data()))
      return node
    }
    var directory = Directory()
    for name in names { directory.durable[name] = try copy(path + "/" + name) }
    directories[node] = directory
    return node
  }

  private mutating func newNode(_ inode: UInt64) -> Int {
    lastNode += 1
    nodes[inode] = lastNode
    return lastNode
  }

  mutating func apply(_ event: RecordedLog.Event) throws {
    events += 1
    let number = events
    switch event {
    case .write(let operation, let inode, let offset, let bytes, let isDurable):
      try change(inode) { $0.write(bytes, at: offset, event: number) }
      running[operation] = .write(
        inode: inode, offset: offset, count: bytes.count, from: number, isDurable: isDurable)
    case .length(let inode, let length):
      try change(inode) { $0.setLength(length, event: number) }
    case .sync(let operation, let inode): running[operation] = .sync(inode: inode, from: number)
    case .end(let operation, let result): try end(operation, result)
    case .makeFile(let name, let parent, let inode):
      files[try make(name, in: parent, inode)] = DiskFile()
    case .makeDirectory(let name, let parent, let inode):
      directories[try make(name, in: parent, inode)] = Directory()
    case .unlink(let name, let parent): try change(parent) { $0[name] = nil }
    case .rename(let old, let new, let parent):
      try change(parent) { names in names[new] = names.removeValue(forKey: old) ?? names[new] }
    case .mark: break
    }
  }

  /// What a disk may have after a cut here, in a new directory at `path`. `staleLock` may stand in
  /// for what it has of lock.mdb.
  func rebuild(
    at path: String, as kind: CutChoice.Kind, staleLock: [UInt8], _ random: inout SeededRandom
  ) throws {
    let pages = files.values.reduce(0) { $0 + $1.pendingPages }
    var choice = CutChoice(kind, pages: pages, &random)
    try rebuild(root, at: path, by: &choice, staleLock: staleLock)
  }

  private func rebuild(
    _ node: Int, at path: String, by choice: inout CutChoice, staleLock: [UInt8]
  ) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    guard let directory = directories[node] else { throw Unexpected("\(path): no directory") }
    var names = directory.durable
    if let last = choice.version(of: directory.changes.count) {
      for change in directory.changes[...last] { change.apply(&names) }
    }
    for (name, child) in names.sorted(by: { $0.key < $1.key }) {
      let place = path + "/" + name
      if directories[child] != nil {
        try rebuild(child, at: place, by: &choice, staleLock: staleLock)
        continue
      }
      guard let file = files[child] else { throw Unexpected("\(place): no file") }
      var bytes = file.rebuilt(by: &choice)
      if name == Self.lockFile {
        if choice.happens(20) { continue }
        bytes = choice.any(
          of: [[], staleLock, [UInt8](repeating: 0, count: staleLock.count), choice.garbage(9_000)])
      }
      guard FileManager.default.createFile(atPath: place, contents: Data(bytes)) else {
        throw Unexpected("cannot write \(place)")
      }
    }
  }

  private mutating func make(_ name: String, in parent: UInt64, _ inode: UInt64) throws -> Int {
    let node = newNode(inode)
    try change(parent) { $0[name] = node }
    return node
  }

  private mutating func change(_ inode: UInt64, _ change: (inout DiskFile) -> Void) throws {
    guard let node = nodes[inode], files[node] != nil else {
      throw Unexpected("a file that was never made was written")
    }
    change(&files[node, default: DiskFile()])
  }

  private mutating func change(
    _ parent: UInt64, _ change: @escaping (inout [String: Int]) -> Void
  ) throws {
    guard let node = nodes[parent], directories[node] != nil else {
      throw Unexpected("a directory that was never made was changed")
    }
    directories[node]?.changes.append(.init(event: events, apply: change))
  }

  private mutating func end(_ operation: UInt64, _ result: Int) throws {
    switch running.removeValue(forKey: operation) {
    case .sync(let inode, let from):
      guard result == 0 else { throw Unexpected("a sync failed") }
      guard inode != 0 else {
        for node in files.keys { files[node]?.sync(until: from) }
        for node in directories.keys { directories[node]?.sync(until: from) }
        return
      }
      guard let node = nodes[inode] else { throw Unexpected("what was never made was synced") }
      files[node]?.sync(until: from)
      directories[node]?.sync(until: from)
    case .write(let inode, let offset, let count, let from, let isDurable):
      guard result == count else { throw Unexpected("a write was short: \(result) of \(count)") }
      // The whole pages: the system writes back no less.
      if isDurable {
        try change(inode) {
          $0.sync(until: from + 1, only: DiskFile.pages(from: offset, count: count))
        }
      }
    case nil: throw Unexpected("an operation ended that never began")
    }
  }
}
