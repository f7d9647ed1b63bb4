/// A sub-database of a store: keys in the order of their bytes, a value each. Whoever lays a store out
/// names its tables, and numbers them from 0 in one row.
public struct Table: Sendable, Equatable {
  /// Its place among the tables of its store.
  public let number: Int
  /// Its name in the store.
  public let name: StaticString

  /// A table of a store.
  public init(_ number: Int, _ name: StaticString) {
    self.number = number
    self.name = name
  }

  /// Whether both are the same table of one store.
  public static func == (left: Table, right: Table) -> Bool { left.number == right.number }
}
