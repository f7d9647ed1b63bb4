import ArgumentParser
import QueueCore

/// A duration on the command line: a number with `ms`, `s`, `m`, `h` or `d`; bare means seconds.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(text: argument) else { return nil }
    self.duration = duration
  }
}

/// A range of durations: `BASE..MAX`.
struct DurationRangeArgument: ExpressibleByArgument {
  var lower: Duration
  var upper: Duration

  init?(argument: String) {
    guard let dots = argument.firstRange(of: ".."),
      let lower = DurationArgument(argument: String(argument[..<dots.lowerBound])),
      let upper = DurationArgument(argument: String(argument[dots.upperBound...])),
      lower.duration <= upper.duration
    else { return nil }
    self.lower = lower.duration
    self.upper = upper.duration
  }
}
