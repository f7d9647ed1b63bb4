import QueueCore

/// Counts what came of tokens, and names those that were refused.
struct LeaseTally {
  /// Who asked, for messages.
  let command: String
  /// What is said of those that were done.
  let verb: String
  /// Lines of input that meant nothing.
  var bad: UInt64 = 0
  private(set) var done: UInt64 = 0
  private(set) var stale: UInt64 = 0
  private(set) var ofWorkers: UInt64 = 0
  /// What came of what they emitted.
  var emitted = EnqueueResult(enqueued: 0, duplicates: 0)
  private static let named: UInt64 = 20

  init(command: String, verb: String) { (self.command, self.verb) = (command, verb) }

  /// Takes the answers to these tokens.
  mutating func take(_ answers: [LeaseAnswer], to tokens: some Collection<Token>) {
    for (token, answer) in zip(tokens, answers) {
      switch answer {
      case .moved: done += 1
      case .stale:
        stale += 1
        refuse(token, "its claim has ended, or its lease has")
      case .ofWorker:
        ofWorkers += 1
        refuse(token, "a q-work has it, and alone ends it")
      }
    }
  }

  private func refuse(_ token: Token, _ why: String) {
    let refused = stale + ofWorkers
    if refused <= Self.named {
      say("\(command): stale token: \(token.text): \(why)")
    } else if refused == Self.named + 1 {
      say("\(command): further stale tokens are counted, not named")
    }
  }

  /// What was done, in words.
  var summary: String {
    var parts = ["\(done.grouped) \(verb)"]
    if stale + ofWorkers > 0 { parts.append("\((stale + ofWorkers).grouped) stale") }
    if emitted.enqueued + emitted.duplicates > 0 {
      parts.append("\(emitted.enqueued.grouped) emitted")
      if emitted.duplicates > 0 { parts.append(emitted.duplicates.counting("duplicate")) }
    }
    if bad > 0 { parts.append(bad.counting("bad line")) }
    return parts.joined(separator: ", ")
  }

  /// Fails if not all of it could be done.
  func conclude() throws(CommandError) {
    if bad > 0 { throw CommandError(.badData, "\(bad.counting("bad line")) skipped") }
    guard stale + ofWorkers > 0 else { return }
    throw CommandError(.staleToken, "\((stale + ofWorkers).counting("token")) not current")
  }
}
