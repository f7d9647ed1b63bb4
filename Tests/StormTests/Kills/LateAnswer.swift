import Foundation
import QueueCore
import QueueLogic

/// A worker that is taken for dead and answers all the same.
///
/// It claims through the library and holds no lock, so others take its items back at once. When one
/// of them runs elsewhere, it registers anew and says that all of them are done: what ran since must
/// be refused.
struct LateAnswer {
  private let claims: [Claim]
  private let store: String

  init(_ fixture: StoreFixture, wanted: Int) throws {
    store = fixture.store
    claims = try Self.registered(in: fixture.store) { $0.wanted = wanted }.claims
  }

  var ids: [String] { claims.map(\.id.description) }

  /// The ids whose items ended by this answer.
  func answer() throws -> [String] {
    guard !claims.isEmpty else { return [] }
    let result = try Self.registered(in: store) {
      $0.settlements = claims.map { Self.success(of: $0) }
    }
    return zip(ids, result.settled).filter { $0.1 != .stale }.map(\.0)
  }

  /// A turn of a new worker: of another one when it is taken for dead before its turn comes.
  private static func registered(
    in store: String, _ plan: (inout Turn) -> Void
  ) throws -> TurnResult {
    let opened = try StoreFixture.open(store)
    var last: StoreError?
    for _ in 1...100 {
      var turn = turn(of: try register(in: opened))
      plan(&turn)
      do throws(StoreError) {
        return try opened.turn(turn)
      } catch {
        guard error.code == .notRegistered else { throw error }
        last = error
      }
    }
    throw Unexpected("a late answer finds no moment: \(String(describing: last))")
  }

  static func register(in store: any QueueStore) throws -> WorkerID {
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    let namespace = UInt64(link.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    let process = ProcessIdentity(
      pid: 1 << 22, startTicks: 1, bootID: "another", pidNamespace: namespace)
    return try store.register(process, given: QueueSettings()) { _ in }.id
  }

  static func turn(of worker: WorkerID) -> Turn {
    Turn(queue: .default, worker: worker)
  }

  static func success(of claim: Claim) -> Settlement {
    let run = RunSummary(exit: .exited(0), startedAt: now, endedAt: now, message: [])
    return Settlement(
      token: claim.token, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0)
  }

  private static var now: Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
