/// A statement with its parameters, to be sent with others in one round trip.
public struct Statement: Sendable {
  let text: String
  private(set) var parameters: [[UInt8]] = []

  /// A statement without parameters; those follow in the order of `$1`, `$2`, each with its type in the text.
  public init(_ text: String) { self.text = text }

  /// Adds a `bytea`.
  public func with(_ bytes: UnsafeRawBufferPointer) -> Statement { adding(Array(bytes)) }

  /// Adds a `bigint`.
  public func with(_ number: Int64) -> Statement {
    adding(withUnsafeBytes(of: number.bigEndian, Array.init))
  }

  /// Adds a `text`.
  public func with(_ text: String) -> Statement { adding(Array(text.utf8)) }

  /// Adds a `bytea[]`.
  public func with(_ list: borrowing BytesList) -> Statement { adding(list.encoded) }

  /// Adds a list that was encoded before.
  public func with(encoded list: [UInt8]) -> Statement { adding(list) }

  private func adding(_ parameter: [UInt8]) -> Statement {
    var statement = self
    statement.parameters.append(parameter)
    return statement
  }
}

/// A `bytea[]` as it is sent: one dimension, its bounds, then each element behind its length.
public struct BytesList: ~Copyable {
  private static let head = 20
  private static let type: UInt32 = 17

  private var bytes: [UInt8]
  /// Its elements.
  public private(set) var count = 0

  /// An empty list, with room for elements of so many bytes in all.
  public init(room: Int = 0) {
    bytes = Array(repeating: 0, count: Self.head)
    bytes.reserveCapacity(Self.head + room)
  }

  /// Adds an element.
  public mutating func append(_ element: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt32(element.count).bigEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: element)
    count += 1
  }

  /// As a statement takes it.
  public var encoded: [UInt8] {
    var encoded = bytes
    let head = count == 0 ? [0, 0, Self.type] : [1, 0, Self.type, UInt32(count), 1]
    for (place, number) in head.enumerated() {
      withUnsafeBytes(of: number.bigEndian) {
        encoded.replaceSubrange(place * 4..<place * 4 + 4, with: $0)
      }
    }
    if count == 0 { encoded.removeLast(8) }
    return encoded
  }
}
