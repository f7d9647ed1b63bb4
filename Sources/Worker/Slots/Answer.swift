import QueueCore

/// What a handler that streams says of one item.
struct Answer: Equatable, Sendable {
  /// Judged as a process's exit status is.
  var status: UInt8
  /// Kept with the run; empty: nothing.
  var note: [UInt8] = []
  /// When to try again, with the status of a deferral; nil: as the policy says.
  var deferral: Duration?
  /// How long the item's group is to rest; its queue, where it has none.
  var rest: Duration?
  /// What was spent on the item; booked whatever becomes of it.
  var spent: Amounts = [:]
  /// What the item gives back.
  var result: ItemResult?
  /// What comes if the item is done.
  var emitted: [Emission] = []
  /// It asks for what cannot be done: the item fails for good.
  var isRefused = false

  init(status: UInt8) { self.status = status }
}
