package import QueueCore

/// How many claims a run carries, and the claims that wait for others to fill one.
package struct RunLoad {
  /// Claims that no run has yet.
  private(set) var loose: [Claim] = []
  /// Claims a run, at most.
  private(set) var count: Int
  /// Finds that number; nil where it is given.
  private var search: LoadSearch?
  /// Bytes that the ids of a run may take among its arguments, at most.
  private var room: Int
  private let template: HandlerTemplate
  /// Must stand in no id that goes with others; nil where ids are arguments.
  private let separator: UInt8?

  /// - Parameter room: bytes that a process's arguments may take beside those that all have.
  package init(_ plan: WorkPlan, room: Int) {
    (template, self.room) = (plan.template, room)
    switch plan.shape {
    case .single: (count, search, separator) = (1, nil, nil)
    case .many(let many):
      count = many.count ?? 1
      search = many.count == nil ? LoadSearch() : nil
      separator = many.onInput ? plan.separator : nil
    case .stream:
      // A process takes what its window has room for, part by part.
      (count, search, separator) = (Self.part, nil, nil)
      self.room = .max
    }
  }

  /// Claims that a slot with a window takes at a time.
  private static let part = 128

  /// Puts claims into runs. `isLast`: no more come soon, so that one which is not full goes as well.
  package mutating func fill(_ claims: [Claim], isLast: Bool) -> [[Claim]] {
    var runs: [[Claim]] = []
    var rest = (loose.isEmpty ? claims : loose + claims)[...]
    while !rest.isEmpty {
      let size = fitting(rest)
      if size == rest.count, size < count, !isLast { break }
      runs.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    loose = Array(rest)
    return runs
  }

  /// How many of the first claims go together; at least one.
  private func fitting(_ claims: ArraySlice<Claim>) -> Int {
    if room == .max, separator == nil { return min(claims.count, count) }
    var bytes = 0
    var size = 0
    for claim in claims.prefix(count) {
      if let separator, claim.id.bytes.contains(separator) { return max(size, 1) }
      if separator == nil { bytes += template.room(for: claim.id) }
      if size > 0, bytes > room { break }
      size += 1
    }
    return size
  }

  /// Takes back what no run has.
  mutating func takeLoose() -> [Claim] {
    defer { loose = [] }
    return loose
  }

  /// The system did not take as many arguments.
  mutating func lower(after claims: [Claim]) {
    let bytes = claims.reduce(0) { $0 + template.room(for: $1.id) }
    room = min(room, bytes) / 2
  }

  /// Notes a run that ended; the number that the search has come to, said once.
  mutating func ran(_ claims: Int, for duration: UInt64) -> Int? {
    guard var search = self.search else { return nil }
    let settled = search.ran(claims, of: count, for: duration)
    count = search.count
    self.search = search
    return settled
  }
}

/// Finds how many items take about a second.
struct LoadSearch {
  /// Nanoseconds.
  private static let goal = 1_000_000_000.0
  /// A run that is as long as this part of the goal or longer is good enough.
  private static let enough = 0.5

  private(set) var count = 1
  private var isSettled = false

  /// Notes a run of so many items, of a number that was allowed then: it grows at most fourfold each
  /// time. The number to go on with, once, when the search has come to one.
  mutating func ran(_ claims: Int, of allowed: Int, for duration: UInt64) -> Int? {
    guard claims > 0, duration > 0 else { return nil }
    let time = Double(duration)
    let fitting = Int(Double(claims) * Self.goal / time)
    let most = HandlerShape.Many.maximum
    if time > Self.goal * 2 {
      count = max(1, min(count, fitting))
    } else if claims >= count, time < Self.goal * Self.enough {
      count = max(count, min(fitting, count * 4, most))
    }
    let isThere = claims == allowed && (time >= Self.goal * Self.enough || count == most)
    guard isThere, !isSettled else { return nil }
    isSettled = true
    return count
  }
}
