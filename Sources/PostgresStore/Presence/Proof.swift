package import QueueCore
package import System

/// When a worker was last heard of, for sure: a page that it shares with its guard.
///
/// The moment is one before the renewal was sent that was answered: whoever takes the worker's items has seen that
/// renewal, or a later one, and waits a lease from then on. No two clocks are compared.
package final class Proof: Sendable {
  /// The moment, and then how far the worker has got with signing off.
  private let page: SharedPage
  package let lease: Duration

  /// How far the worker has got with signing off: its items are settled, and its row is gone, too.
  private enum Leaving: UInt64 {
    case not, leaving, left
  }

  /// Maps it. The worker makes it; a guard without one has no worker any more.
  package init(_ path: String, lease: Duration, makes: Bool = false) throws(SystemError) {
    self.lease = lease
    page = try SharedPage(path, makes: makes)
    if makes { page[1] = Leaving.not.rawValue }
  }

  /// Notes one, by ``BootTime``.
  package func note(_ moment: UInt64) { page[0] = moment }

  /// The worker claims nothing any more, and nothing of it runs.
  package func leave() { page[1] = Leaving.leaving.rawValue }
  /// Nothing is known of it any more.
  package func haveLeft() { page[1] = Leaving.left.rawValue }
  package var isLeaving: Bool { page[1] != Leaving.not.rawValue }
  package var hasLeft: Bool { page[1] == Leaving.left.rawValue }

  /// How old it is.
  package var age: Duration {
    let (moment, now) = (page[0], BootTime.now())
    return .nanoseconds(Int64(clamping: now > moment ? now - moment : 0))
  }

  /// How the worker stands. Half of the lease is for renewals that come late: nothing is begun then. What is left
  /// after six tenths is for its handlers to be ended, by itself and then by its guard, before others begin.
  package var standing: Standing {
    if Cure.lostEnds.isLeftOut { return .sure }
    let age = age
    if age > lease * 6 / 10 { return .lost }
    return age > lease / 2 ? .doubtful : .sure
  }

  /// Whether the guard is to end what the worker has not.
  package var isOver: Bool { left <= .zero }

  /// How long it is good yet.
  package var left: Duration { Cure.lostEnds.isLeftOut ? lease : lease * 2 / 3 - age }
}
