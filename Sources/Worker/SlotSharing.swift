import QueueCore
import System

/// What the slots of a worker have in common.
struct SlotSharing: Sendable {
  let ready: BlockingQueue<Assignment>
  let finished: BlockingQueue<Finished>
  let wake: WakePipe
  let settings: SpawnSettings
  let live: LiveRuns
  let stop: StopFlag
  let gate: OutputGate
  let liveness: StoreLiveness
  let records: RunRecords
  let roster: SlotRoster
  let limits: RunLimits
  let controls: ControlFiles
  /// Where outputs wait for those before them; nil where they do not.
  let order: OutputOrder?

  func report(_ item: Finished) {
    finished.push(item)
    wake.wake()
  }
}
