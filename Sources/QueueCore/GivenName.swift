/// What users call something that items belong to: 1 to 500 bytes, any but NUL and LF.
public protocol GivenName: Hashable, Sendable {
  /// The name.
  var bytes: [UInt8] { get }

  /// A name that was checked before.
  init(unchecked bytes: [UInt8])
}

extension GivenName {
  /// The longest name, in bytes.
  public static var maximumLength: Int { 500 }

  /// What has that name; nil when it is none.
  public init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard 1...Self.maximumLength ~= bytes.count, !bytes.contains(where: { $0 == 0 || $0 == 0x0a })
    else { return nil }
    self.init(unchecked: bytes)
  }

  /// What has that name; nil when it is none.
  public init?(_ text: String) { self.init(Array(text.utf8)) }
}
