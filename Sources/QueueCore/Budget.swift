/// What a queue is set to for one unit.
public struct Budget: Hashable, Sendable {
  /// Once so much is spent nothing more is claimed; nil: there is no limit.
  public var limit: Amount?
  /// How fast it may be spent; nil: as fast as it comes.
  public var rate: UnitRate?

  /// Nothing is set.
  public init() {}

  /// What it says when nothing is set.
  public var isEmpty: Bool { limit == nil && rate == nil }
}

/// How much of a unit may be spent in what time.
///
/// It is paid after the fact: nothing more is claimed until what was spent is worked off at this rate, from the
/// moment on at which the run was claimed that spent it.
public struct UnitRate: Hashable, Sendable {
  /// So much in each period; more than nothing.
  public let amount: Amount
  /// The period; longer than zero.
  public let period: Duration

  /// A rate; nil when `amount` or `period` is not above zero.
  public init?(_ amount: Amount, per period: Duration) {
    guard amount > .zero, period.wholeMicroseconds > 0 else { return nil }
    (self.amount, self.period) = (amount, period)
  }

  /// When everything is worked off, after `next` and what a run has spent that was claimed at `since`.
  public func workedOff(
    _ spent: Amount, after next: Timestamp?, since: Timestamp
  ) -> Timestamp {
    let period = UInt64(period.wholeMicroseconds)
    let time = Self.scale(spent.millionths, by: period, over: amount.millionths)
    return max(next ?? since, since) + .microseconds(Int64(clamping: time))
  }

  /// What is still to be worked off at `now`.
  public func owed(until next: Timestamp, now: Timestamp) -> Amount {
    guard next > now else { return .zero }
    let time = UInt64((next - now).wholeMicroseconds)
    let period = UInt64(period.wholeMicroseconds)
    return Amount(millionths: Self.scale(time, by: amount.millionths, over: period))
  }

  /// `value` times `factor` over `divisor`, rounded up; at the end of the range where it is more.
  private static func scale(_ value: UInt64, by factor: UInt64, over divisor: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: factor)
    guard product.high < divisor else { return .max }
    let (quotient, rest) = divisor.dividingFullWidth(product)
    return rest > 0 && quotient < .max ? quotient + 1 : quotient
  }
}

/// What the runs of a queue have spent of a unit.
public struct Spending: Hashable, Sendable {
  /// By all runs that have ended; a reservation that was lost counts as spent.
  public var spent = Amount.zero
  /// For runs that live.
  public var reserved = Amount.zero
  /// When what was spent is worked off at the unit's rate; nil when nothing was spent at one.
  public var workedOff: Timestamp?
  /// What was spent since everything was worked off the last time.
  public var owed = Amount.zero

  /// Nothing is spent yet.
  public init() {}

  /// Counts what a run has spent that was claimed at `since`.
  public mutating func spend(_ amount: Amount, at rate: UnitRate?, since: Timestamp) {
    guard amount > .zero else { return }
    spent += amount
    guard let rate else { return }
    if workedOff ?? since <= since { owed = .zero }
    workedOff = rate.workedOff(amount, after: workedOff, since: since)
    owed += amount
  }

  /// Goes on at another rate with what is not worked off yet.
  public mutating func change(from old: UnitRate?, to new: UnitRate?, now: Timestamp) {
    guard old != new, let next = workedOff else { return }
    owed = old?.owed(until: next, now: now) ?? .zero
    workedOff = owed > .zero ? new?.workedOff(owed, after: nil, since: now) : nil
    if workedOff == nil { owed = .zero }
  }
}

/// A unit of a queue at a glance: what it is set to, and what is spent.
public struct BudgetSummary: Hashable, Sendable {
  /// The unit.
  public var unit: UnitName
  /// What it is set to.
  public var budget: Budget
  /// What is spent of it, and reserved.
  public var spending: Spending

  /// A unit.
  public init(unit: UnitName, budget: Budget, spending: Spending) {
    (self.unit, self.budget, self.spending) = (unit, budget, spending)
  }

  /// When its rate lets the next item be claimed; nil when it keeps nothing. A moment that is further ahead
  /// than all that is owed takes comes from a clock that was set back: it says nothing.
  public func opening(now: Timestamp) -> Timestamp? {
    guard let rate = budget.rate, let next = spending.workedOff, next > now,
      next <= rate.workedOff(spending.owed, after: nil, since: now)
    else { return nil }
    return next
  }

  /// How many items may be claimed within its limit that reserve so much each; without one no more than a sum
  /// can hold.
  public func room(reserving amount: Amount) -> Int {
    let limit = budget.limit ?? Amount(millionths: .max / 2)
    let left = limit - (spending.spent + spending.reserved)
    guard amount > .zero else { return left > .zero || budget.limit == nil ? .max : 0 }
    return Int(clamping: left.millionths / amount.millionths)
  }

  /// Whether nothing may be claimed that reserves so much, whatever becomes of the runs that live.
  public func isSpent(reserving amount: Amount) -> Bool {
    budget.limit.map { $0 <= spending.spent || $0 - spending.spent < amount } ?? false
  }

  /// Whether more is spent and reserved than may be.
  public var isOver: Bool {
    budget.limit.map { $0 <= spending.spent || $0 < spending.spent + spending.reserved } ?? false
  }

  /// What keeps items from being claimed that reserve so much, and what to do: `the budget of usd is spent, 50 of
  /// 50: q-config ...`.
  public func words(reserving amount: Amount) -> String {
    let limit = budget.limit ?? .zero
    var words = "the budget of \(unit) is spent"
    if spending.spent < limit { words = "the budget of \(unit) does not suffice" }
    words += ", \(spending.spent.text) of \(limit.text)"
    if spending.reserved > .zero { words += ", \(spending.reserved.text) reserved for runs" }
    if amount > .zero { words += ", and an item reserves \(amount.text)" }
    return words + ": q-config budget.\(unit)=N raises it"
  }
}

extension [BudgetSummary] {
  /// How many items may be claimed at `now` that reserve so much each.
  public func room(reserving amounts: Amounts, now: Timestamp) -> Int {
    reduce(.max) { room, unit in
      unit.opening(now: now) != nil
        ? 0 : Swift.min(room, unit.room(reserving: amounts[unit.unit] ?? .zero))
    }
  }

  /// The unit whose rate lets the next item be claimed last; nil when none keeps anything.
  public func slowest(now: Timestamp) -> BudgetSummary? {
    filter { $0.opening(now: now) != nil }.max {
      $0.spending.workedOff ?? now < $1.spending.workedOff ?? now
    }
  }

  /// When the rates of all units let the next item be claimed; nil when they keep nothing.
  public func opening(now: Timestamp) -> Timestamp? { slowest(now: now)?.opening(now: now) }

  /// The first unit whose limit lets nothing be claimed; one that stays so however the runs end comes first.
  public func spent(reserving amounts: Amounts) -> BudgetSummary? {
    first { $0.isSpent(reserving: amounts[$0.unit] ?? .zero) }
      ?? first { $0.room(reserving: amounts[$0.unit] ?? .zero) == 0 }
  }

  /// What keeps items from being claimed that reserve so much, in words; nil when no limit does.
  public func words(reserving amounts: Amounts) -> String? {
    spent(reserving: amounts).map { $0.words(reserving: amounts[$0.unit] ?? .zero) }
  }
}
