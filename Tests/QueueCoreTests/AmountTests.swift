import QueueCore
import Testing

@Suite struct AmountTests {
  @Test(arguments: [
    ("0", 0), ("0.0123", 12_300), (".5", 500_000), ("12.500000", 12_500_000), ("007", 7_000_000),
    ("0.000001", 1), ("1000000000000", 1_000_000_000_000_000_000),
  ])
  func `a decimal number with up to six places is an amount, exactly`(
    text: String, millionths: UInt64
  ) {
    #expect(Amount(Array(text.utf8))?.millionths == millionths)
    #expect(Amount(Array(text.utf8), allowsExponent: true)?.millionths == millionths)
    #expect(Amount(shortened: text)?.millionths == millionths)
  }

  @Test(arguments: [
    "", ".", "1.", "-1", "+1", "1,5", " 1", "1 ", "0.0000001", "1.2345678", "0.1000000", "nan",
    "inf",
    "1e3", "0x1", "1000000000000.000001", "99999999999999999999999", "1.2.3", "k", "\u{661}",
  ])
  func `what is none is refused`(text: String) {
    #expect(Amount(Array(text.utf8)) == nil)
    if text != "k" { #expect(Amount(shortened: text) == nil) }
  }

  @Test(arguments: [
    ("1.5e-05", 15), ("1E3", 1_000_000_000), ("1.23e+1", 12_300_000), ("1.0000000e1", 10_000_000),
    ("10e-7", 1), ("0e-99", 0), ("0.0000000001e4", 1),
  ])
  func `as JSON writes numbers it may have an exponent`(text: String, millionths: UInt64) {
    #expect(Amount(Array(text.utf8), allowsExponent: true)?.millionths == millionths)
  }

  @Test(arguments: ["1e-7", "1.5e-06", "1e13", "1e", "e1", "1e99999", "1e1e1", "1.e1"])
  func `an exponent must leave an amount`(text: String) {
    #expect(Amount(Array(text.utf8), allowsExponent: true) == nil)
  }

  @Test(arguments: [
    ("80k", "80000"), ("2M", "2000000"), ("1.5G", "1500000000"), ("0.001k", "1"),
    ("0.000001k", "0.001"), ("50", "50"),
  ])
  func `people may shorten it, and it is written out`(text: String, plain: String) {
    #expect(Amount(shortened: text)?.text == plain)
  }

  @Test(arguments: ["K", "2m", "2MM", "1001G", "2 M", "1e3k"])
  func `other shortenings are refused`(text: String) { #expect(Amount(shortened: text) == nil) }

  @Test func `text names the amount that it was made from`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<1_000 {
      let amount = Amount(millionths: random.next() % Amount.maximum.millionths)
      #expect(Amount(Array(amount.text.utf8)) == amount)
    }
  }

  @Test func `sums stay at the ends of the range`() {
    let all = Amount(millionths: .max)
    #expect(all + Amount(millionths: 1) == all && Amount.zero - all == .zero)
  }

  private static let start = Timestamp(microseconds: 1_000_000_000)

  @Test func `what is spent at a rate is worked off from its claim on, one after the other`() throws
  {
    let rate = try #require(UnitRate(Amount(millionths: 3), per: .seconds(1)))
    #expect(UnitRate(.zero, per: .seconds(1)) == nil)
    #expect(UnitRate(Amount(millionths: 1), per: .zero) == nil)
    // A third of a second is rounded up: never too fast.
    let first = rate.workedOff(Amount(millionths: 1), after: nil, since: Self.start)
    #expect(first.microseconds == 1_000_333_334)
    let second = rate.workedOff(Amount(millionths: 3), after: first, since: Self.start)
    #expect(second.microseconds == 1_001_333_334)
    #expect(rate.owed(until: second, now: first).millionths == 3)
    #expect(rate.owed(until: first, now: second) == .zero)
    let long = rate.workedOff(Amount(millionths: .max), after: nil, since: Self.start)
    #expect(long.microseconds == .max)
  }
}
