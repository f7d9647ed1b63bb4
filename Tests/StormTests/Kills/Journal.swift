import Foundation

/// What was asked of a store and what it acknowledged, written down outside it: before each command
/// starts, and after it has said so.
struct Journal {
  /// What is known of an id, each beyond the one before.
  enum Standing: String {
    /// May be there.
    case asked
    /// Must be there.
    case acknowledged
    /// May be there, or gone.
    case removing
    /// Must be gone.
    case removed
  }

  private(set) var standing: [String: Standing] = [:]
  /// When a removal was acknowledged: CLOCK_MONOTONIC in nanoseconds.
  private(set) var removedAt: [String: Int] = [:]
  /// How many processes of an id's runs were killed.
  private(set) var handlerKills: [String: Int] = [:]
  /// Ids whose end a late answer told, not a handler.
  private(set) var answered: Set<String> = []
  private let file: FileHandle?

  init(_ path: String) {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    file = FileHandle(forWritingAtPath: path)
  }

  mutating func note(_ ids: [String], _ standing: Standing) {
    let now = Self.now
    for id in ids {
      self.standing[id] = standing
      if standing == .removed { removedAt[id] = now }
    }
    write("\(now) \(standing) \(ids.joined(separator: " "))")
  }

  mutating func noteKill(of id: String, pid: Int32) {
    handlerKills[id, default: 0] += 1
    write("\(Self.now) kills \(id) \(pid)")
  }

  mutating func noteAnswer(_ id: String) {
    answered.insert(id)
    write("\(Self.now) answered \(id)")
  }

  func ids(_ standing: Standing) -> [String] {
    self.standing.filter { $0.value == standing }.map(\.key)
  }

  func count(_ standing: Standing) -> Int { self.standing.count { $0.value == standing } }

  private func write(_ line: String) { try? file?.write(contentsOf: Data((line + "\n").utf8)) }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
