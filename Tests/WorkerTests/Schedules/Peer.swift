import QueueCore
import QueueTestKit

@testable import Worker

/// Another worker of the same queue, which does little and may die.
final class Peer {
  let worker: WorkerID
  private(set) var isDead = false
  private let store: MemoryStore
  private let queue: QueueName
  private var claims: [Claim] = []
  /// When what it leaves behind has ended, and whether it may be ended before.
  private var gone: UInt64 = 0
  private var isStubborn = false

  init(_ store: MemoryStore, _ queue: QueueName) throws {
    (self.store, self.queue) = (store, queue)
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
    worker = try store.register(process, given: QueueSettings()) { _ in }.id
  }

  func claim(_ count: Int, _ world: IdleWorld) throws {
    var turn = Turn(queue: queue, worker: worker)
    turn.wanted = count
    claims += try store.turn(turn).claims
    for claim in claims { world.begin(claim.id, claim.token.number) }
  }

  /// Settles one claim, and those that were revoked.
  func work(_ world: IdleWorld) {
    guard !isDead, !claims.isEmpty else { return }
    var turn = Turn(queue: queue, worker: worker)
    let now = store.now
    for claim in claims {
      world.end(claim.id)
      turn.settlements.append(
        Settlement(
          token: claim.token, outcome: .succeeded,
          run: RunSummary(exit: .exited(0), startedAt: now, endedAt: now, message: []),
          policy: RetryPolicy(), jitter: 0))
    }
    claims = []
    _ = try? store.turn(turn)
  }

  func die() { isDead = true }

  /// What it has left ends then.
  func leave(until gone: UInt64, isStubborn: Bool) {
    (self.gone, self.isStubborn) = (gone, isStubborn)
  }

  func endRuns(_ world: IdleWorld) { for claim in claims { world.end(claim.id) } }

  /// Whether others have had time enough to take back what it had.
  func isLongGone(_ now: UInt64) -> Bool { isDead && now > gone + 6_000_000_000 }

  func observe(_ token: Token, now: UInt64) -> RunObservation {
    now >= gone ? .ended(.charged) : isStubborn ? .orphaned : .ending
  }
}
