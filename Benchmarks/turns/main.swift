// What the store alone costs: turns STORE ITEMS BATCH enqueues so many items, then claims and settles
// them all, so many a turn. For the instructions an item: under perf, or under callgrind, which maps no
// terabyte and needs a smaller `mapSize` in EnvironmentOptions.
import LMDBStore
import QueueCore
import QueueLogic

let words = CommandLine.arguments
guard words.count == 4, let items = Int(words[2]), let size = Int(words[3]) else {
  fatalError("usage: turns STORE ITEMS BATCH")
}
let store = try LMDBStore(path: words[1], create: true)
var batch = ItemBatch()
for number in 0..<items { batch.append(id: Array("item-\(number)".utf8), payload: nil) }
_ = try store.enqueue(batch, to: .default, priority: 128, until: nil)

let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
let worker = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
var turn = Turn(queue: .default, worker: worker.id)
turn.wanted = size
var left = items
while left > 0 || !turn.settlements.isEmpty {
  let result = try store.turn(turn)
  turn.settlements = result.claims.map { claim in
    let run = RunSummary(
      exit: .exited(0), startedAt: claim.since, endedAt: claim.since, message: [])
    return Settlement(
      token: claim.token, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0)
  }
  left -= result.claims.count
}
print(try store.summary(of: .default)?.counts.done ?? 0)
