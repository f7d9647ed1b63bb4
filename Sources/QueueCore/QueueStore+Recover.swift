extension QueueStore {
  /// Takes back the claims of workers that `observer` sees dead, and forgets those workers once
  /// nothing of theirs is left.
  ///
  /// In three steps, in this order. A worker is seen dead: from then on it starts nothing. What is left of
  /// its runs is looked at, and ended, while others write. Then each claim that is still the one which was
  /// looked at ends by what was seen. The other way round a handler that is started in between would be
  /// overlooked.
  public func recover(
    observer: some LivenessObserver, for queue: QueueName, given: QueueSettings
  ) throws(StoreError) -> Recovery {
    var recovery = Recovery()
    for worker in try workers() where !observer.isAlive(worker) {
      // Claims first: one that is revoked meanwhile is then found among those.
      let runs = try claims(of: worker.id) + revoked(of: worker.id)
      let seen = zip(runs, observer.observe(runs, of: worker)).map { SeenRun(token: $0, is: $1) }
      recovery += try release(worker, seen, for: queue, given: given) {
        !observer.isAlive(worker)
      }
    }
    return recovery
  }
}
