/// The end of what a handler wrote in an item's last run, as the store keeps it.
public struct KeptOutput: Hashable, Sendable {
  /// How much is kept of each stream, in bytes.
  public static let maximumLength = 4_000

  /// The end of standard output.
  public var output: [UInt8]
  /// The end of standard error.
  public var error: [UInt8]

  /// The last ``maximumLength`` bytes of each.
  public init(output: some Collection<UInt8>, error: some Collection<UInt8>) {
    self.output = Array(output.suffix(Self.maximumLength))
    self.error = Array(error.suffix(Self.maximumLength))
  }
}
