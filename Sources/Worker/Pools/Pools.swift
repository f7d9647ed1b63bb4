import QueueCore
import System

/// The pools of a worker. Whoever starts a handler takes a value of each first, that which has been free
/// for longest, and gives them back when it has ended. Nobody gets any while they are shut.
///
/// Whoever holds the lock of the slots' queue may ask whether they are shut, and nothing else: those who wait
/// here ask that queue whether it is closed.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
final class Pools: @unchecked Sendable {
  /// A value of each pool, by its place there.
  struct Held: Sendable {
    fileprivate var places: [Int] = []
  }

  private let pools: [Pool]
  private let monitor = Monitor()
  /// Of each pool, places that nobody holds, the one first that has been free for longest.
  private var free: [[Int]]
  /// Of each pool, until when a place rests; ``MonotonicTime``.
  private var resting: [[Int: UInt64]]
  private let shut = Locked(false)

  init(_ pools: [Pool]) {
    self.pools = pools
    free = pools.map { Array($0.values.indices) }
    resting = pools.map { _ in [:] }
  }

  /// How many handlers there can be at once, whatever rests.
  var most: Int { pools.map(\.values.count).min() ?? .max }

  /// How many there can be at once now.
  var available: Int {
    guard !pools.isEmpty else { return .max }
    return monitor.locked {
      wakeRested()
      return pools.indices.map { pools[$0].values.count - resting[$0].count }.min() ?? .max
    }
  }

  /// When the next value has rested; nil when none rests.
  var nextRested: UInt64? {
    pools.isEmpty ? nil : monitor.locked { resting.compactMap { $0.values.min() }.min() }
  }

  /// A value of each, waiting for them; nil once `isDone` says so, which is asked again at each
  /// ``wakeAll()``.
  func take(unless isDone: () -> Bool) -> Held? {
    monitor.locked {
      while !isDone() {
        wakeRested()
        if !isShut, let held = takeNow() { return held }
        if let next = resting.compactMap({ $0.values.min() }).min() {
          _ = monitor.wait(until: next)
        } else {
          monitor.wait()
        }
      }
      return nil
    }
  }

  private func takeNow() -> Held? {
    var held = Held()
    for pool in pools.indices {
      guard let index = free[pool].firstIndex(where: { resting[pool][$0] == nil }) else {
        return nil
      }
      held.places.append(index)
    }
    for pool in pools.indices { held.places[pool] = free[pool].remove(at: held.places[pool]) }
    return held
  }

  private func wakeRested() {
    guard resting.contains(where: { !$0.isEmpty }) else { return }
    let now = MonotonicTime.now()
    for pool in resting.indices { resting[pool] = resting[pool].filter { $0.value > now } }
  }

  /// Gives values back.
  func give(_ held: Held) {
    guard !pools.isEmpty else { return }
    monitor.locked {
      for (pool, place) in held.places.enumerated() { free[pool].append(place) }
      monitor.wakeAll()
    }
  }

  /// Lets the value of this pool rest that is held; its name, to be shown. nil: there is no such pool.
  func rest(_ name: String, of held: Held, for length: Duration) -> [UInt8]? {
    guard let pool = pools.firstIndex(where: { $0.name == name }) else { return nil }
    let place = held.places[pool]
    let end = MonotonicTime.now() &+ UInt64(clamping: length.wholeMicroseconds) &* 1_000
    monitor.locked { resting[pool][place] = max(resting[pool][place] ?? 0, end) }
    return pools[pool].values[place]
  }

  /// Whether nothing is to be started.
  var isShut: Bool {
    get { shut.withLock { $0 } }
    set {
      shut.withLock { $0 = newValue }
      wakeAll()
    }
  }

  /// Lets everybody who waits look again.
  func wakeAll() { monitor.locked { monitor.wakeAll() } }

  /// The values that are held, by their pools.
  func values(_ held: Held) -> [[UInt8]] {
    held.places.enumerated().map { pools[$0].values[$1] }
  }
}
