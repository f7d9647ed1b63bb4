/// What a repair did.
public struct Repairs: Hashable, Sendable {
  /// Repairs are counted beyond this number, but not described.
  public static let maximumDescribed = 100

  /// What was done, one sentence each.
  public private(set) var described: [String] = []
  /// How many things were repaired.
  public private(set) var count: UInt64 = 0

  /// Nothing done yet.
  public init() {}

  /// Notes one repair.
  public mutating func note(_ repair: String) {
    count += 1
    if described.count < Self.maximumDescribed { described.append(repair) }
  }
}
