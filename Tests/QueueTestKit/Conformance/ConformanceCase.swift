public import QueueCore
public import Testing

/// One sentence of the contract of ``QueueStore``, tried on an engine. After each the engine's own
/// audit must find nothing.
public struct ConformanceCase: Sendable, CustomTestStringConvertible {
  /// All of them: a test target of an engine runs each on a new, empty store.
  public static let all =
    enqueueing + ordering + delaying + claiming + settling + refusing + recovering + moving
    + looking + registering + bytes + setting + revoking + leasing + expiring + emitting
    + grouping + batching + budgeting + collecting + keeping + repeating

  let sentence: String
  private let body: @Sendable (Bench) throws -> Void

  init(_ sentence: String, _ body: @escaping @Sendable (Bench) throws -> Void) {
    self.sentence = sentence
    self.body = body
  }

  public var testDescription: String { sentence }

  /// Tries it on the empty store that `make` makes, which is to go by the clock.
  public func run(on make: (ManualClock) throws -> any QueueStore) throws {
    let clock = ManualClock()
    let store = try make(clock)
    let bench = Bench(store, clock)
    try body(bench)
    let audit = try store.audit()
    #expect(audit.findings.isEmpty)
    let items = try store.summaries().reduce(0) { $0 + $1.counts.total }
    #expect(audit.items == items)
  }
}
