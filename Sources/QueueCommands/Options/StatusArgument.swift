import ArgumentParser
import QueueCore

/// A status on the command line.
struct StatusArgument: ExpressibleByArgument {
  var status: Status

  init?(argument: String) {
    guard let status = Status(rawValue: argument) else { return nil }
    self.status = status
  }

  static var allValueStrings: [String] { Status.allCases.map(\.rawValue) }
}
