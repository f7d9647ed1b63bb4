import QueueCore

/// A step with everything in it that a store is to be told.
enum Call {
  case enqueue(ItemBatch, QueueName, priority: UInt8, until: Timestamp?)
  case turn(Turn)
  case recover(ScriptedObserver, QueueName, given: QueueSettings)
  case register(given: QueueSettings, refused: Bool, QueueName?)
  case unregister(WorkerID)
  case move([ItemID], QueueName, Move)
  case moveAll(Status, QueueName, Move, ItemFilter)
  case mark(Int, QueueName, ItemFilter)
  case forgetPruned(QueueName)
  case removeQueue(QueueName)
  case pause(QueueName, QueueSettings.Pause?)
  case set(QueueName, QueueSettings)
  case setGroup(GroupName, QueueName, GroupSettings)
  case watch(QueueName)
  case open(BatchName, held: UInt32)
  case end(BatchFill, seals: Bool)
  case seal(BatchName, held: UInt32)
  case removeBatch(BatchName)
  case claim(LeaseRequest)
  case extend([Token], Duration)
  case settle([LeaseSettlement])
  case expire
  case read(UInt32, UInt64)

  /// What a store says to it. Errors are compared by their kind: their words are the engine's own.
  enum Answer: Equatable {
    case enqueued(EnqueueResult)
    case turned([Settled], EnqueueResult, [Claim], QueueSummary?, [Token], Timestamp)
    case recovered(Recovery)
    case registered(WorkerRecord)
    case moved([MoveResult])
    case movedAll(MovePage)
    case marked(EndMark?)
    case forgotten(ForgetPage)
    case removed(Bool)
    case sealed(BatchSummary?)
    case filled(BatchFill)
    case leased([Claim], [ItemID], QueueSummary?, Timestamp, Timestamp)
    case answered([LeaseAnswer])
    case settled(LeaseSettled)
    case expired(Int)
    case nothing
    case failed(StoreError.Code)
  }

  func apply(to store: any QueueStore) -> Answer {
    do throws(StoreError) {
      switch self {
      case .enqueue(let batch, let queue, let priority, let until):
        return .enqueued(
          try store.enqueue(batch, to: queue, priority: priority, until: until))
      case .turn(let turn):
        let result = try store.turn(turn)
        return .turned(
          result.settled, result.emitted, result.claims, result.summary, result.revoked, result.now)
      case .recover(let observer, let queue, let given):
        return .recovered(try store.recover(observer: observer, for: queue, given: given))
      case .register(let given, let refused, let queue):
        let process = ProcessIdentity(pid: 1, startTicks: 2, bootID: "boot", pidNamespace: 3)
        return .registered(
          try store.register(process, given: given, of: queue) { (_) throws(StoreError) in
            if refused { throw StoreError(.busy, "somebody has the lock") }
          })
      case .unregister(let worker): try store.unregister(worker)
      case .move(let ids, let queue, let move):
        return .moved(try store.move(ids, in: queue, by: move))
      case .moveAll(let status, let queue, let move, let filter):
        return .movedAll(
          try store.move(all: status, of: queue, by: move, where: filter, after: nil))
      case .mark(let count, let queue, let filter):
        return .marked(
          try store.mark(ofLast: count, in: [.done, .failed], of: queue, where: filter))
      case .forgetPruned(let queue):
        return .forgotten(try store.forgetPruned(of: queue, after: nil))
      case .removeQueue(let queue): return .removed(try store.removeQueue(queue))
      case .pause(let queue, let pause):
        try store.configure(queue) { settings, _ in settings.pause = pause }
      case .set(let queue, let settings):
        try store.configure(queue) { current, _ in current = settings }
      case .setGroup(let group, let queue, let settings):
        try store.configure(group, of: queue) { $0 = settings }
      case .watch(let queue): _ = try store.watch(queue)
      case .open(let batch, let held):
        return .filled(
          try store.open(batch) { fill throws(StoreError) in fill.number % 3 != held })
      case .end(let fill, let seals): return .sealed(try store.end(fill, seals: seals))
      case .seal(let batch, let held):
        return .sealed(try store.seal(batch) { $0.number % 3 == held })
      case .removeBatch(let batch): return .removed(try store.remove(batch))
      case .claim(let request):
        let result = try store.claim(request)
        return .leased(
          result.claims, result.passedOver, result.summary, result.until, result.now)
      case .extend(let tokens, let length):
        return .answered(try store.extend(tokens, by: length))
      case .settle(let ends): return .settled(try store.settle(ends))
      case .expire: return .expired(try store.expire())
      case .read(let queue, let end):
        try store.note(lastRead: end, by: Operation.reader, of: queue)
      }
      return .nothing
    } catch {
      return .failed(error.code)
    }
  }
}
