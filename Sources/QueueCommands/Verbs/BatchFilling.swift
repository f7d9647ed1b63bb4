import QueueCore
import Worker

/// A q-enqueue's part in a batch: it opens the batch, and seals it as the last of those that fill it.
struct BatchFilling {
  private let name: BatchName
  private let store: any PlacedStore
  private let fill: BatchFill
  /// Shows that this lives.
  private let hold: BatchHold

  /// Opens the batch; carries on what another one has begun and died over.
  init(_ name: BatchName, in store: any PlacedStore) throws(StoreError) {
    (self.name, self.store) = (name, store)
    let hold = try BatchHold(locks: store.runs.locks)
    fill = try store.open(name) { fill throws(StoreError) in try hold.take(fill) }
    self.hold = hold
  }

  /// Seals it, unless more is to come, or others have to end first; what is to be said of that.
  func end(_ result: EnqueueResult, seals: Bool) throws(StoreError) -> String {
    defer { withExtendedLifetime(hold) {} }
    guard let batch = try store.end(fill, seals: seals) else {
      return "batch \(Self.visible(name)) was removed meanwhile"
    }
    guard batch.isSealed else {
      return "batch \(Self.visible(name)) is open"
        + (batch.fills > 0
          ? ": another q-enqueue fills it, or did not end well: run that again, or --seal" : "")
    }
    let isElsewhere = batch.counts.total < UInt64(result.enqueued + result.duplicates)
    return Self.sealed(batch) + (isElsewhere ? ": not every duplicate is in it" : "")
  }

  /// What is to be said of a batch that is left open.
  var leftOpen: String {
    "batch \(Self.visible(name)) stays open: run this again, or "
      + "q-enqueue --batch '\(Self.visible(name))' --seal"
  }

  /// Seals a batch that others have filled; what is to be said of that.
  static func seal(_ name: BatchName, in store: any PlacedStore) throws -> String {
    let hold = try BatchHold(locks: store.runs.locks)
    guard let batch = try store.seal(name, isAlive: hold.isHeldElsewhere) else {
      throw CommandError.noBatch(name, in: store)
    }
    guard batch.isSealed else {
      throw CommandError(
        .temporary, "batch \(visible(name)) is open: a q-enqueue fills it, and seals it")
    }
    return sealed(batch)
  }

  private static func sealed(_ batch: BatchSummary) -> String {
    "batch \(visible(batch.name)) is sealed: \(batch.counts.total.counting("item"))"
  }

  private static func visible(_ name: BatchName) -> String { VisibleText.escaped(name.bytes) }
}
