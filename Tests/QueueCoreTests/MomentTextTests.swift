import QueueCore
import Testing

@Suite struct MomentTextTests {
  /// What `date -u +%s` says of these.
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-27T14:30:00Z", 1_795_789_800),
    ("2000-02-29T23:59:59Z", 951_868_799), ("2100-03-01T00:00:00Z", 4_107_542_400),
    ("1969-12-31T23:59:59Z", -1), ("2026-11-27T14:30:00+02:00", 1_795_782_600),
    ("2026-11-27t14:30:00-05:30", 1_795_809_600), ("2026-11-27 14:30:60z", 1_795_789_859),
  ])
  func `a moment of RFC 3339`(text: String, seconds: Int64) {
    #expect(
      MomentText(text) == .moment(Timestamp(microseconds: seconds * 1_000_000)), "\(text)")
  }

  @Test func `parts of a second, beyond microseconds too`() {
    #expect(MomentText("1970-01-01T00:00:01.5Z") == .moment(Timestamp(microseconds: 1_500_000)))
    #expect(
      MomentText("1970-01-01T00:00:01.0000019Z") == .moment(Timestamp(microseconds: 1_000_001)))
  }

  @Test func `a time of the day`() {
    #expect(MomentText("00:00") == .timeOfDay(seconds: 0))
    #expect(MomentText("14:30") == .timeOfDay(seconds: 52_200))
    #expect(MomentText("23:59:59") == .timeOfDay(seconds: 86_399))
  }

  @Test(arguments: [
    "", "14", "14:3", "24:00", "14:60", "14:30:", "14:30 ", "1:30", "-1:30", "14:30:61",
    "2026-11-27", "2026-11-27T14:30Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-11-31T00:00:00Z", "2026-11-27T14:30:00", "2026-11-27T14:30:00.Z",
    "2026-11-27T14:30:00+2:00", "2026-11-27T14:30:00Z ", "26-11-27T14:30:00Z",
  ])
  func `anything else is none`(text: String) { #expect(MomentText(text) == nil, "\(text)") }
}
