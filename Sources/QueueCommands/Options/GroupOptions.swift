import ArgumentParser
import QueueCore

/// The name of a group.
struct GroupArgument: ExpressibleByArgument {
  var name: GroupName

  init?(argument: String) {
    guard let name = GroupName(argument) else { return nil }
    self.name = name
  }
}

/// What items are grouped by.
struct GroupByArgument: ExpressibleByArgument {
  var by: GroupBy

  init?(argument: String) {
    guard let by = GroupBy(argument) else { return nil }
    self.by = by
  }
}
