/// What messages of different items have in common: the last line, with the id, paths, hexadecimal
/// and decimal numbers replaced.
public enum MessagePattern {
  /// The longest pattern, in bytes.
  public static let maximumLength = 200

  /// The pattern of an item's message: `{}` for the id where it stands as a word, `<path>` for words
  /// with a slash, `<hex>` for `0x...` and words of eight or more hexadecimal digits and hyphens,
  /// some of them letters and some digits, `<n>` for other digits.
  public static func of(_ message: [UInt8], id: ItemID) -> [UInt8] {
    let line = Array(message.lastWords.prefix(4_096))
    var pattern: [UInt8] = []
    var index = 0
    while index < line.count && pattern.count < maximumLength {
      if let end = endOfID(line, index, id) {
        pattern += Array("{}".utf8)
        index = end
      } else if isAtStart(line, index), let (name, end) = word(line, index) {
        pattern += Array(name.utf8)
        index = end
      } else if isDigit(line[index]) {
        while index < line.count && isDigit(line[index]) { index += 1 }
        pattern += Array("<n>".utf8)
      } else {
        pattern.append(line[index])
        index += 1
      }
    }
    return Array(pattern.prefix(maximumLength))
  }

  private static func endOfID(_ line: [UInt8], _ start: Int, _ id: ItemID) -> Int? {
    let end = start + id.bytes.count
    guard line[start...].starts(with: id.bytes), start == 0 || !isWord(line[start - 1]),
      end == line.count || !isWord(line[end])
    else { return nil }
    return end
  }

  /// A path or a hexadecimal number that begins here.
  private static func word(_ line: [UInt8], _ start: Int) -> (String, Int)? {
    let path = line[start...].prefix { !isBreak($0) }
    if path.contains(UInt8(ascii: "/")) && path.count > 1 { return ("<path>", path.endIndex) }
    let hex = line[start...].prefix { isHex($0) || $0 == UInt8(ascii: "-") }
    let isWhole = hex.endIndex == line.count || !isWord(line[hex.endIndex])
    if hex.count >= 8, isWhole, hex.contains(where: isDigit),
      hex.contains(where: { isHex($0) && !isDigit($0) })
    {
      return ("<hex>", hex.endIndex)
    }
    if line[start...].starts(with: Array("0x".utf8)) {
      let digits = line[(start + 2)...].prefix(while: isHex)
      if !digits.isEmpty { return ("<hex>", digits.endIndex) }
    }
    return nil
  }

  private static func isAtStart(_ line: [UInt8], _ index: Int) -> Bool {
    index == 0 || !isWord(line[index - 1])
  }

  private static func isBreak(_ byte: UInt8) -> Bool {
    byte <= 0x20 || ":;,'\"()[]{}<>=".utf8.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || byte == UInt8(ascii: "_")
  }
}

/// Failures that have a message's pattern in common.
public struct FailureGroup: Hashable, Sendable {
  /// The pattern; see ``MessagePattern``.
  public var message: [UInt8]
  /// How many.
  public var count: UInt64
  /// The first of them, at most ``FailureGroups/maximumIDs``, each cut to ``FailureGroups/maximumIDLength``.
  public var ids: [ItemID]
}

/// Failures by the pattern of their message, in bounded memory.
public struct FailureGroups: Sendable {
  /// How many ids a group keeps.
  public static let maximumIDs = 3
  /// How much is kept of an id, in bytes.
  public static let maximumIDLength = 200

  /// The groups, in order of first appearance.
  public private(set) var all: [FailureGroup] = []
  /// Failures whose pattern found no group any more.
  public private(set) var omitted: UInt64 = 0
  private var places: [[UInt8]: Int] = [:]
  private let limit: Int

  /// At most `limit` different patterns are told apart.
  public init(limit: Int) { self.limit = limit }

  /// Notes an item that failed for good: by the pattern of what its run said, or else, as it is, how
  /// the run ended.
  public mutating func add(_ id: ItemID, _ ending: Ending) {
    let said = MessagePattern.of(ending.run.message, id: id)
    let pattern = said.isEmpty ? ending.explanation : said
    if let place = places[pattern] {
      all[place].count += 1
      if all[place].ids.count < Self.maximumIDs { all[place].ids.append(Self.shortened(id)) }
    } else if all.count < limit {
      places[pattern] = all.count
      all.append(FailureGroup(message: pattern, count: 1, ids: [Self.shortened(id)]))
    } else {
      omitted += 1
    }
  }

  /// At most ``maximumIDLength`` bytes, cut before a character of UTF-8.
  private static func shortened(_ id: ItemID) -> ItemID {
    var bytes = id.bytes
    guard bytes.count > maximumIDLength else { return id }
    let cut = bytes[...maximumIDLength].lastIndex { $0 & 0xc0 != 0x80 } ?? maximumIDLength
    bytes.removeSubrange((cut > maximumIDLength - 4 ? cut : maximumIDLength)...)
    return ItemID(unchecked: bytes)
  }

  /// The largest groups, the largest first, and how many failures are in none of them.
  public func largest(_ count: Int) -> (groups: [FailureGroup], omitted: UInt64) {
    let sorted = all.enumerated().sorted {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }
    let rest = sorted.dropFirst(count).reduce(omitted) { $0 + $1.element.count }
    return (sorted.prefix(count).map(\.element), rest)
  }
}
