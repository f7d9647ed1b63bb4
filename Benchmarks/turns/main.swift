// What the store alone costs: turns STORE ITEMS BATCH enqueues so many items, then claims and settles
// all that there are, so many a turn. Without a batch (0) it enqueues only; without items (0) it works only, and
// several may work at once. For the instructions an item: under perf, or under callgrind, which maps no terabyte
// and needs a smaller `mapSize` in EnvironmentOptions.
import Glibc
import LMDBStore
import PostgresStore
import QueueCore
import QueueLogic

let words = CommandLine.arguments
guard words.count == 4, let items = Int(words[2]), let size = Int(words[3]) else {
  fatalError("usage: turns STORE ITEMS BATCH")
}
var opening = Opening()
opening.create = true
let isOnServer = words[1].hasPrefix("postgres:")
let store: any QueueStore =
  isOnServer
  ? try PostgresStore(String(words[1].dropFirst("postgres:".count)), opening)
  : try LMDBStore(path: words[1], create: true)
var batch = ItemBatch()
for number in 0..<items { batch.append(id: Array("item-\(number)".utf8), payload: nil) }
if items > 0 { _ = try store.enqueue(batch, to: .default, priority: 128, until: nil) }
guard size > 0 else { exit(0) }

let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
let worker = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
var turn = Turn(queue: .default, worker: worker.id)
turn.wanted = size
repeat {
  let result = try store.turn(turn)
  turn.settlements = result.claims.map { claim in
    let run = RunSummary(
      exit: .exited(0), startedAt: claim.since, endedAt: claim.since, message: [])
    return Settlement(
      token: claim.token, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0)
  }
} while !turn.settlements.isEmpty
try store.unregister(worker.id)
print(try store.summary(of: .default)?.counts.done ?? 0)
