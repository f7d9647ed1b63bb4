import QueueCore

/// What the commands have acknowledged so far, and what a store must therefore hold.
///
/// No id is used twice. The number after `~` in an id is the length of its payload.
struct Promises {
  /// What the harness comes to know.
  enum Fact {
    case enqueueBegins([String])
    case enqueued([String])
    /// A q-work ended that had run them to success, or a command listed them as done.
    case done([String])
    /// A command listed them as failed.
    case failed([String])
    case retryBegins([String])
    /// For good: these cannot fail again.
    case retried([String])
    case removeBegins([String])
    case removed([String])
    case configBegins(attempts: UInt32)
    case configured(attempts: UInt32)
  }

  private var begun: Set<String> = []
  private var enqueued: Set<String> = []
  private(set) var done: Set<String> = []
  private var failed: Set<String> = []
  private var retrying: Set<String> = []
  private var cured: Set<String> = []
  private var removing: Set<String> = []
  private var removed: Set<String> = []
  private var configuring: UInt32 = 0
  private var configured: UInt32 = 0

  /// Whether anything was acknowledged, so that there must be a store.
  var isEmpty: Bool { enqueued.isEmpty && configured == 0 }

  mutating func note(_ fact: Fact) {
    switch fact {
    case .enqueueBegins(let ids): begun.formUnion(ids)
    case .enqueued(let ids): enqueued.formUnion(ids)
    case .done(let ids): done.formUnion(ids)
    case .failed(let ids): failed.formUnion(ids)
    case .retryBegins(let ids): retrying.formUnion(ids)
    case .retried(let ids): cured.formUnion(ids)
    case .removeBegins(let ids): removing.formUnion(ids)
    case .removed(let ids): removed.formUnion(ids)
    case .configBegins(let attempts): configuring = attempts
    case .configured(let attempts): configured = attempts
    }
  }

  /// How many ids are acknowledged.
  var acknowledged: Int { enqueued.count }

  static func payload(of id: String) -> [UInt8]? {
    guard let mark = id.firstIndex(of: "~"), let length = Int(id[id.index(after: mark)...]) else {
      return nil
    }
    var payload: [UInt8] = []
    while payload.count < length { payload += Array(id.utf8) }
    payload.removeLast(payload.count - length)
    return payload
  }

  /// What is not as it was promised, one sentence each.
  func violations(of seen: StoreContents) -> [String] {
    var found: [String] = []
    func report(_ what: String, _ ids: Set<String>) {
      guard !ids.isEmpty else { return }
      found.append("\(ids.count) \(what): \(ids.sorted().prefix(3).joined(separator: ", "))")
    }
    let there = Set(seen.items.keys)
    func lacking(_ status: Status, _ ids: Set<String>) -> Set<String> {
      ids.subtracting(removing).filter { seen.items[$0].map { $0 != status } ?? false }
    }
    report("acknowledged are not there", enqueued.subtracting(removing).subtracting(there))
    report("were never enqueued", there.subtracting(begun))
    report("were removed and are there", there.intersection(removed))
    report("were done and are not", lacking(.done, done))
    report("had failed and have not", lacking(.failed, failed.subtracting(retrying)))
    report("were retried and have failed", cured.filter { seen.items[$0] == .failed })
    report("are there more than once", Set(seen.twice))
    report("have another payload", Set(seen.wrongPayloads))
    report("are done without their results", Set(seen.wrongResults))
    // Each run that succeeds spends one.
    if seen.spent < done.count {
      found.append("\(done.count) were done, but only \(seen.spent) are spent")
    }
    if seen.attempts < configured || seen.attempts > max(configuring, configured) {
      found.append("max-attempts is \(seen.attempts), not \(configured)...\(configuring)")
    }
    return found
  }
}
