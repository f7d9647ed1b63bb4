import ArgumentParser
import QueueCore

/// The name of a group, or of a batch.
struct NameArgument<Name: GivenName>: ExpressibleByArgument {
  var name: Name

  init?(argument: String) {
    guard let name = Name(argument) else { return nil }
    self.name = name
  }
}

typealias GroupArgument = NameArgument<GroupName>
typealias BatchArgument = NameArgument<BatchName>

/// What items are grouped by.
struct GroupByArgument: ExpressibleByArgument {
  var by: GroupBy

  init?(argument: String) {
    guard let by = GroupBy(argument) else { return nil }
    self.by = by
  }
}
