import JSONText
import QueueCore

/// By what the items of an input are grouped.
enum GroupBy: Equatable {
  /// All are in one.
  case name(GroupName)
  /// The host of an id that is a URL.
  case host
  /// The directory of an id that is a path.
  case directory
  /// The extension of an id that is a path.
  case fileExtension
  /// A column of each line, from 1, which is the id.
  case column(Int)
  /// A member of each JSON object.
  case member(String)

  /// What `--group-by` takes.
  init?(_ text: String) {
    switch text {
    case "host": self = .host
    case "dir": self = .directory
    case "ext": self = .fileExtension
    default:
      if text.hasPrefix("."), text.utf8.count > 1 {
        self = .member(String(text.dropFirst()))
      } else if let column = Int(text), 1...1_000_000 ~= column {
        self = .column(column)
      } else {
        return nil
      }
    }
  }
}

/// Finds the group of each line.
struct GroupFinder {
  /// Why a line has no group, though it should.
  struct Missing: Error {
    let why: String
    /// Where in the line, from 1.
    var byte: Int?
  }

  private let by: GroupBy
  private let member: ObjectID?

  init(_ by: GroupBy) {
    self.by = by
    if case .member(let name) = by {
      member = ObjectID(name, allowsNull: true)
    } else {
      member = nil
    }
  }

  /// The group of a line; nil when it says that it has none.
  func find(
    in line: ArraySlice<UInt8>, id: ArraySlice<UInt8>
  ) throws(Missing) -> GroupName? {
    if case .name(let name) = by { return name }
    let bytes = try bytes(line, id)
    if bytes.isEmpty { return nil }
    if let name = GroupName(bytes) { return name }
    throw Missing(
      why: bytes.count > GroupName.maximumLength
        ? "its group is over \(GroupName.maximumLength) bytes"
        : "its group contains NUL or a newline")
  }

  private func bytes(
    _ line: ArraySlice<UInt8>, _ id: ArraySlice<UInt8>
  ) throws(Missing) -> ArraySlice<UInt8> {
    switch by {
    case .name(let name): return name.bytes[...]
    case .host:
      guard let host = Self.host(of: id) else {
        throw Missing(why: "its id has no host: it is not like https://example.com/page")
      }
      return host
    case .directory: return Self.directory(of: id)
    case .fileExtension: return Self.fileExtension(of: id)
    case .column(let number):
      let columns = line.split(
        separator: UInt8(ascii: "\t"), maxSplits: number, omittingEmptySubsequences: false)
      guard columns.count >= number else {
        throw Missing(why: "it has no column \(number): it ends with \(columns.count)")
      }
      return columns[number - 1]
    case .member:
      let found = line.withUnsafeBytes { bytes in
        Result { () throws(JSONScanner.Invalid) in try member?.find(in: bytes) ?? [] }
      }
      switch found {
      case .success(let value): return value[...]
      case .failure(let invalid): throw Missing(why: invalid.what, byte: invalid.column)
      }
    }
  }

  /// The host of a URL, in small letters, without user and port.
  private static func host(of id: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    id.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count, isOfScheme(bytes[start]) { start += 1 }
      guard start > 0, start + 3 < bytes.count, bytes[start] == UInt8(ascii: ":"),
        bytes[start + 1] == slash, bytes[start + 2] == slash
      else { return nil }
      start += 3
      var end = start
      // Where a port begins, unless an address in brackets goes on.
      var port: Int?
      while end < bytes.count {
        let byte = bytes[end]
        if byte == slash || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { break }
        if byte == UInt8(ascii: "@") { (start, port) = (end + 1, nil) }
        if byte == UInt8(ascii: "]") { port = nil }
        if byte == UInt8(ascii: ":"), port == nil { port = end }
        end += 1
      }
      let host = bytes[start..<(port ?? end)]
      return host.isEmpty ? nil : ArraySlice(host.map { 65...90 ~= $0 ? $0 | 0x20 : $0 })
    }
  }

  private static let slash = UInt8(ascii: "/")

  private static func isOfScheme(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  /// As dirname says it.
  private static func directory(of id: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let path = trimmed(id)
    guard let end = path.lastIndex(of: slash) else {
      return path.isEmpty && !id.isEmpty ? [slash] : [UInt8(ascii: ".")]
    }
    let directory = trimmed(path[..<end])
    return directory.isEmpty ? [slash] : directory
  }

  /// What is behind the last dot of the name; empty when there is none, or only one at its start.
  private static func fileExtension(of id: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let path = trimmed(id)
    let name = path.lastIndex(of: slash).map { path[($0 + 1)...] } ?? path
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return [] }
    return name[(dot + 1)...]
  }

  /// Without the slashes at its end.
  private static func trimmed(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    path.lastIndex { $0 != slash }.map { path[...$0] } ?? []
  }
}
