import QueueCore
import Worker

/// A q-enqueue's part in a batch: it opens the batch, and seals it as the last of those that fill it.
struct BatchFilling {
  let name: BatchName
  private let store: any PlacedStore
  private let hold: BatchHold

  /// Opens the batch; nobody seals it while this is there.
  init(_ name: BatchName, in store: any PlacedStore) throws(StoreError) {
    (self.name, self.store) = (name, store)
    var hold: BatchHold?
    try store.open(name) { number throws(StoreError) in
      hold = try BatchHold(of: number, locks: store.runs.locks)
    }
    guard let hold else {
      throw StoreError(.inputOutput, "cannot fill a batch: \(store.address): it took no hold")
    }
    self.hold = hold
  }

  private var visibleName: String { VisibleText.escaped(name.bytes) }

  /// Seals it unless others fill it still; what is to be said of that.
  func seal() throws(StoreError) -> String {
    let batch = try store.seal(name) { !hold.isLastToLetGo(of: $0) }
    guard let batch, batch.isSealed else {
      return "batch \(visibleName) is open: another q-enqueue fills it"
    }
    return Self.sealed(batch)
  }

  /// What is to be said of a batch that more is to come for.
  var isOpen: String { "batch \(visibleName) is open" }

  /// What is to be said of a batch that is left open.
  var leftOpen: String {
    "batch \(visibleName) stays open: run this again, or q-enqueue --batch '\(visibleName)' --seal"
  }

  /// Seals a batch that others have filled; what is to be said of that.
  static func seal(_ name: BatchName, in store: any PlacedStore) throws -> String {
    let locks = store.runs.locks
    guard let batch = try store.seal(name, isFilled: { BatchHold.isHeld($0, locks: locks) }) else {
      throw CommandError.noBatch(name, in: store)
    }
    guard batch.isSealed else {
      throw CommandError(
        .temporary,
        "batch \(VisibleText.escaped(name.bytes)) is open: a q-enqueue fills it, and seals it")
    }
    return sealed(batch)
  }

  private static func sealed(_ batch: BatchSummary) -> String {
    "batch \(VisibleText.escaped(batch.name.bytes)) is sealed: "
      + "\(batch.counts.total.counting("item"))"
  }
}
