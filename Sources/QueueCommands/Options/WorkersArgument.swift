import ArgumentParser
import Worker

/// How many handlers at once: a number, or `auto`.
enum WorkersArgument: ExpressibleByArgument {
  case number(Int)
  case auto

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let number = Int(argument) {
      self = .number(number)
    } else {
      return nil
    }
  }

  /// The number, where one is given.
  var number: Int? { if case .number(let number) = self { number } else { nil } }
}
