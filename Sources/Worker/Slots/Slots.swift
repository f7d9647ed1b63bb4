import QueueCore

/// What the ledger needs of its slots. Those of a test start nothing.
protocol Slots: AnyObject {
  /// How many work.
  var count: Int { get }
  /// What was handed over and no slot has taken.
  var waiting: Int { get }
  /// Handlers that run.
  var running: Int { get }
  /// Runs that have ended and wait for those before them to hand their output on.
  var early: Int { get }
  /// How many may.
  var maximumEarly: Int { get }
  /// How many claims they carry together.
  var earlyClaims: Int { get }

  /// How many claims can be under way, of runs that carry so many each.
  func places(forEach load: Int) -> Int

  /// When more can be under way, because a value of a pool has rested; nil when none rests.
  var nextRested: UInt64? { get }

  /// Whether handlers may be started.
  func allowStarts(_ isAllowed: Bool)

  /// Makes ready to work.
  func start() throws(StoreError)
  /// Has as many slots work, or as many as can be had.
  func set(_ wanted: Int) throws(StoreError)
  /// Goes by these settings from the next run on.
  func follow(_ settings: RunSettings)

  /// Hands a claim over.
  func take(_ assignment: Assignment)
  /// Gives back what no slot has taken.
  func takeBack() -> [Assignment]
  /// No output will come from this claim.
  func skip(_ ordinal: Int)
  /// What came of claims since the last call.
  func takeFinished() -> [Finished]

  /// Ends the runs of these tokens, also those that are just being started.
  func revoke(_ tokens: Set<UInt64>)
  /// The ends of these tokens' runs are settled.
  func forget(_ tokens: [UInt64])
  /// Sends a signal to every handler, and to each that starts from now on.
  func signal(_ signal: Int32)
  /// Has the youngest run end, the second time by force; false where none runs.
  func endYoungest() -> Bool
  /// Stops every handler while `body` runs.
  func whileStopped(_ body: () -> Void)
  /// Nothing more comes: handlers that live on answer what they have, and end.
  func end()
  /// Notes whether nothing is left but what handlers have.
  func note(lacksWork: Bool)
  /// Starts nothing any more, and waits for nobody who reads.
  func stop()
  /// Takes no more claims, and returns when every slot has ended.
  func finish()
}

/// What a slot's thread does.
protocol SlotWork: Sendable {
  /// Works until there are no more claims to come.
  func work()
}
