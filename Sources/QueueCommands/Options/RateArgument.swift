import ArgumentParser
import QueueCore

/// A rate on the command line: `60/m`, `5/s`, `2/500ms`; a bare number is for each second.
struct RateArgument: ExpressibleByArgument, CustomStringConvertible {
  var rate: Rate

  init(_ rate: Rate) { self.rate = rate }

  init?(argument: String) {
    let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let count = UInt32(parts[0]) else { return nil }
    var period = Duration.seconds(1)
    if parts.count == 2 {
      let isUnit = ["ms", "s", "m", "h", "d"].contains(parts[1])
      guard let given = DurationArgument(argument: (isUnit ? "1" : "") + parts[1]) else {
        return nil
      }
      period = given.duration
    }
    guard let rate = Rate(count: count, per: period) else { return nil }
    self.rate = rate
  }

  var description: String {
    let period = rate.period.text
    return "\(rate.count)/"
      + (["1s", "1m", "1h", "1d"].contains(period) ? period.dropFirst() : period[...])
  }
}
