import QueueCore
import System

/// The pools of a worker. Whoever starts a handler takes a value of each first, that which has been free
/// for longest, and gives them back when it has ended. Nobody gets any while they are shut.
///
/// Whoever holds the lock of the slots' queue may ask ``mayStart(_:)``, and nothing else: those who wait here
/// ask that queue whether it is closed.
final class Pools: Sendable {
  /// A value of each pool, by its place there.
  struct Held: Sendable {
    fileprivate var places: [Int] = []
  }

  /// What keeps values from being given out.
  private struct Pauses {
    var isShut = false
    /// Of each pool, until when a place rests; ``MonotonicTime``.
    var resting: [[Int: UInt64]]

    /// Forgets those whose time is over.
    mutating func expire() {
      guard resting.contains(where: { !$0.isEmpty }) else { return }
      let now = MonotonicTime.now()
      for pool in resting.indices { resting[pool] = resting[pool].filter { $0.value > now } }
    }

    func allow(_ held: Held) -> Bool {
      !isShut && held.places.indices.allSatisfy { resting[$0][held.places[$0]] == nil }
    }

    /// When the first of them has rested; nil when none rests.
    var next: UInt64? { resting.compactMap { $0.values.min() }.min() }
  }

  private let pools: [Pool]
  /// Of each pool, places that nobody holds, the one first that has been free for longest.
  private let free: Locked<[[Int]]>
  private let pauses: Locked<Pauses>

  init(_ pools: [Pool]) {
    self.pools = pools
    free = Locked(pools.map { Array($0.values.indices) })
    pauses = Locked(Pauses(resting: pools.map { _ in [:] }))
  }

  // MARK: How many

  /// How many handlers there can be at once, whatever rests.
  var most: Int { pools.map(\.values.count).min() ?? .max }

  /// How many there can be at once now.
  var available: Int {
    withPauses { pauses in
      pools.indices.map { pools[$0].values.count - pauses.resting[$0].count }.min() ?? .max
    }
  }

  /// When the next value has rested; nil when none rests.
  var nextRested: UInt64? { withPauses { $0.next } }

  private func withPauses<Result>(_ body: (Pauses) -> Result) -> Result {
    pauses.withLock { pauses in
      pauses.expire()
      return body(pauses)
    }
  }

  // MARK: Taking

  /// A value of each, waiting for them; nil once `isDone` says so, which is asked again at each
  /// ``wakeAll()``.
  func take(unless isDone: () -> Bool) -> Held? {
    free.wait { free in
      if isDone() { return .done(nil) }
      return withPauses { pauses in
        take(&free, pauses).map { .done($0) } ?? .waits(until: pauses.next)
      }
    }
  }

  private func take(_ free: inout [[Int]], _ pauses: Pauses) -> Held? {
    if pauses.isShut { return nil }
    var held = Held()
    for pool in pools.indices {
      guard let index = free[pool].firstIndex(where: { pauses.resting[pool][$0] == nil }) else {
        return nil
      }
      held.places.append(index)
    }
    for pool in pools.indices { held.places[pool] = free[pool].remove(at: held.places[pool]) }
    return held
  }

  /// Gives values back.
  func give(_ held: Held) {
    guard !pools.isEmpty else { return }
    free.withLock { free in
      for (pool, place) in held.places.enumerated() { free[pool].append(place) }
    }
    free.wakeAll()
  }

  /// Whether a handler may be started with these now.
  func mayStart(_ held: Held) -> Bool { withPauses { $0.allow(held) } }

  /// The values that are held, with the pools that they are of.
  func values(_ held: Held) -> [(pool: Pool, value: [UInt8])] {
    held.places.indices.map { (pools[$0], pools[$0].values[held.places[$0]]) }
  }

  // MARK: Holding back

  /// Lets the value of this pool rest that is held, wherever it stands; it. nil: there is no such pool.
  func rest(_ name: String, of held: Held, for length: Duration) -> [UInt8]? {
    guard let pool = pools.firstIndex(where: { $0.name == name }) else { return nil }
    let value = pools[pool].values[held.places[pool]]
    let end = MonotonicTime.now() &+ UInt64(clamping: length.wholeMicroseconds) &* 1_000
    pauses.withLock { pauses in
      for (place, other) in pools[pool].values.enumerated() where other == value {
        pauses.resting[pool][place] = max(pauses.resting[pool][place] ?? 0, end)
      }
    }
    return value
  }

  /// Whether nothing is to be started.
  var isShut: Bool {
    get { pauses.withLock { $0.isShut } }
    set {
      pauses.withLock { $0.isShut = newValue }
      wakeAll()
    }
  }

  /// Lets everybody who waits look again.
  func wakeAll() { free.wakeAll() }
}
