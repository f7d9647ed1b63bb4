import QueueCore

/// What happens to an item in this transaction.
struct ItemMove {
  var key: ItemKey
  var before: ItemState
  var change: Change
  /// What the run left that ended.
  var output: KeptOutput?
  /// By what it was claimed, if not by the queue's own rate.
  var rate: Rate?
  /// Until when its group is to rest, or its queue.
  var rest: Timestamp?
  /// What the run has spent that ended.
  var spent: Amounts = [:]
  /// What the item gave back.
  var result: ItemResult?
  /// By what the run was made that ended.
  var recipe: Recipe?
  /// The number of the end, where it has had one elsewhere.
  var end: UInt64?
  /// Whether the end is to have a number in any case.
  var collects = false
}

/// Moves that are done together: of items of one queue, in the order of their keys, none twice.
struct MoveBatch {
  private(set) var moves: [ItemMove] = []

  /// Whether the next move may join: if not, those that are there are to be done before its item is read.
  func takes(_ key: ItemKey) -> Bool {
    guard let last = moves.last?.key else { return true }
    return last.queue == key.queue && last.rank < key.rank
  }

  mutating func add(_ move: consuming ItemMove) { moves.append(move) }

  /// Puts moves in the order of their keys that came in another one.
  mutating func sort() {
    // Groups that take turns in the order in which their items came have them so already.
    let isSorted = moves.indices.dropFirst().allSatisfy { moves[$0 - 1].key < moves[$0].key }
    if !isSorted { moves.sort { $0.key < $1.key } }
  }
}
