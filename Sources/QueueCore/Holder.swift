/// Who has a claim.
public enum Holder: Hashable, Sendable {
  /// A worker, for as long as it lives.
  case worker(WorkerID)
  /// Whoever knows the token, until a moment: then the item is taken back as lost.
  case lease(until: Timestamp)
}

extension Hold {
  /// The worker that holds the item; nil: a lease does.
  public var worker: WorkerID? {
    if case .worker(let worker) = holder { worker } else { nil }
  }

  /// When the lease ends that holds the item; nil: a worker does.
  public var leaseEnd: Timestamp? {
    if case .lease(let end) = holder { end } else { nil }
  }
}
