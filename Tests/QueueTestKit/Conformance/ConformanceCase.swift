public import QueueCore
public import Testing

/// One sentence of the contract of ``QueueStore``, tried on an engine. After each the engine's own
/// audit must find nothing.
public struct ConformanceCase: Sendable, CustomTestStringConvertible {
  /// All of them: a test target of an engine runs each on a new, empty store.
  public static let all =
    enqueueing + ordering + delaying + claiming + settling + refusing + recovering + moving
    + looking + registering + bytes + setting

  let sentence: String
  private let body: @Sendable (Bench) throws -> Void

  init(_ sentence: String, _ body: @escaping @Sendable (Bench) throws -> Void) {
    self.sentence = sentence
    self.body = body
  }

  public var testDescription: String { sentence }

  /// Tries it on an empty store.
  public func run(on store: any QueueStore) throws {
    let bench = Bench(store)
    try body(bench)
    let audit = try store.audit()
    #expect(audit.findings.isEmpty)
    let items = try store.summaries().reduce(0) { $0 + $1.counts.total }
    #expect(audit.items == items)
  }
}
