import ArgumentParser

/// A duration on the command line: a number with `ms`, `s`, `m`, `h` or `d`; bare means seconds.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let units: [(String, Double)] = [
      ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("", 1),
    ]
    guard let (unit, seconds) = units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(unit.count)),
      argument.dropLast(unit.count).allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      number.isFinite, number * seconds <= 3_650 * 86_400
    else { return nil }
    duration = .microseconds(Int64(number * seconds * 1_000_000))
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
