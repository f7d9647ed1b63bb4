import Testing

@testable import Worker

@Suite struct SlotSearchTests {
  typealias Handler = MachineModel.Handler

  /// Two processors; half a millisecond or more of each run is for starting it.
  private static let computing = Handler(computing: 0.05, waiting: 0)
  private static let waiting = Handler(computing: 0.002, waiting: 0.1)
  private static let mixed = Handler(computing: 0.021, waiting: 0.08)
  private static let short = Handler(computing: 0.0008, waiting: 0.0004)

  @Test(arguments: [computing, waiting, mixed, short], [0, 0.05])
  func `it settles on what is within a tenth of the best`(handler: Handler, noise: Double) {
    var run = Run(handler)
    run.model.noise = noise
    run.go(seconds: 40)
    run.expectGood()
  }

  @Test(arguments: [0.3, 0.6], [computing, waiting, mixed])
  func `runs of all lengths are no obstacle`(spread: Double, handler: Handler) {
    var handler = handler
    handler.spread = spread
    var run = Run(handler)
    run.model.noise = 0.05
    run.go(seconds: 60)
    run.expectGood()
  }

  @Test func `where too many get in each other's way it stays below`() throws {
    var run = Run(Self.mixed)
    // From 16 on each one more takes 4% of what there is.
    run.model.efficiency = { $0 <= 16 ? 1 : max(0.1, 1 - 0.04 * Double($0 - 16)) }
    run.go(seconds: 60)
    #expect((8...20).contains(try #require(run.search.settled)))
  }

  @Test func `it follows a workload that changes`() {
    var run = Run(Self.computing)
    run.go(seconds: 20)
    run.model.handler = Self.waiting
    run.go(seconds: 120)
    run.expectGood()
  }

  @Test func `it learns nothing while slots have no work`() {
    var run = Run(Self.waiting)
    run.go(seconds: 30, isFull: false)
    #expect(run.search.settled == nil && run.search.slots == 2)
  }

  @Test func `there are no more than can be had`() throws {
    var run = Run(Self.waiting)
    run.go(seconds: 2)
    run.search.limit(to: 6, now: UInt64(run.model.time * 1e9))
    run.model.set(slots: run.search.slots)
    run.go(seconds: 20)
    #expect(run.search.slots == 6 && run.search.settled == 6)
  }
}

extension SlotSearchTests {
  /// A search at work on a model, in steps of 5 ms, as the ledger takes them.
  struct Run {
    var model: MachineModel
    var search: SlotSearch

    init(_ handler: Handler) {
      model = MachineModel(handler, slots: 2)
      search = SlotSearch(start: 2, maximum: 256, now: 0)
    }

    private var now: UInt64 { UInt64(model.time * 1e9) }

    mutating func go(seconds: Double, isFull: Bool = true) {
      let end = model.time + seconds
      while model.time < end {
        for duration in model.pass(0.005) {
          search.ended(in: UInt64(duration * 1e9), isGood: true, now: now)
        }
        if let slots = search.decide(now: now, isFull: isFull) { model.set(slots: slots) }
      }
    }

    /// What was settled on keeps the processors busy to within a tenth.
    func expectGood(_ location: SourceLocation = #_sourceLocation) {
      guard let settled = search.settled else {
        Issue.record("not settled", sourceLocation: location)
        return
      }
      let whole = model.handler.computing + model.handler.waiting
      let best = model.processors / model.handler.computing
      #expect(Double(settled) / whole >= 0.9 * best, "\(settled)", sourceLocation: location)
    }
  }
}
