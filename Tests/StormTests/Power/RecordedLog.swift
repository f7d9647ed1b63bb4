import Foundation

/// What the preloaded recorder wrote down: every change of the files below a directory, every sync,
/// and the harness's own marks, in the order in which they happened.
///
/// The layout of a record is `struct record` of `fixtures/preload/recorder.c`.
struct RecordedLog {
  enum Event {
    /// Bytes at an offset. `isDurable`: from the operation's end on, without any sync.
    case write(operation: UInt64, inode: UInt64, offset: Int, bytes: [UInt8], isDurable: Bool)
    case length(inode: UInt64, Int)
    /// A sync begins: of a file or a directory; of everything, if the inode is 0.
    case sync(operation: UInt64, inode: UInt64)
    /// A write or a sync ends.
    case end(operation: UInt64, result: Int)
    case makeFile(name: String, parent: UInt64, inode: UInt64)
    case makeDirectory(name: String, parent: UInt64, inode: UInt64)
    case unlink(name: String, parent: UInt64)
    case rename(from: String, to: String, parent: UInt64)
    /// The harness's: the number of what it knows from here on.
    case mark(Int)
  }

  private static let head = 40

  private let data: Data
  /// Where the records begin.
  private let places: [Int]

  init(path: String) throws {
    data = try Data(contentsOf: URL(fileURLWithPath: path))
    var places: [Int] = []
    var place = 0
    while place + Self.head <= data.count {
      places.append(place)
      place += Int(Self.number(UInt32.self, at: place, in: data))
    }
    guard place == data.count else { throw Unexpected("the record log breaks off") }
    self.places = places
  }

  var count: Int { places.count }

  subscript(index: Int) -> Event {
    let place = places[index]
    let size = Int(Self.number(UInt32.self, at: place, in: data))
    let operation = number(at: place + 8)
    let inode = number(at: place + 16)
    let parent = number(at: place + 24)
    let number = Int(Int64(bitPattern: number(at: place + 32)))
    let body = data[place + Self.head..<place + size]
    var text: String { String(decoding: body, as: UTF8.self) }
    switch kind(index) {
    case "W":
      return .write(
        operation: operation, inode: inode, offset: number, bytes: [UInt8](body),
        isDurable: data[place + 5] != 0)
    case "L": return .length(inode: inode, number)
    case "S": return .sync(operation: operation, inode: inode)
    case "E": return .end(operation: operation, result: number)
    case "C": return .makeFile(name: text, parent: parent, inode: inode)
    case "M": return .makeDirectory(name: text, parent: parent, inode: inode)
    case "U": return .unlink(name: text, parent: parent)
    case "R":
      let names = text.split(separator: "\0", omittingEmptySubsequences: false)
      return .rename(from: String(names[0]), to: String(names[1]), parent: parent)
    case "A": return .mark(number)
    case let other: fatalError("a record of kind \(other)")
    }
  }

  /// The places where it matters what is on the disk: after how many records to cut.
  var interesting: [Int] {
    var found: [Int] = []
    for index in places.indices {
      switch kind(index) {
      case "S", "M", "R": found += [index, index + 1]
      case "W" where data[places[index] + 5] != 0: found += [index, index + 1, index + 2]
      default: break
      }
    }
    return found
  }

  /// The places just after something became known.
  var marks: [Int] { places.indices.filter { kind($0) == "A" }.map { $0 + 1 } }

  private func kind(_ index: Int) -> Character {
    Character(Unicode.Scalar(data[places[index] + 4]))
  }

  private func number(at place: Int) -> UInt64 { Self.number(UInt64.self, at: place, in: data) }

  private static func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, at place: Int, in data: Data
  ) -> Number {
    Number(
      littleEndian: data.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: place, as: Number.self)
      })
  }
}

/// Appends the harness's marks to a log that commands are recording in.
///
/// What a mark stands for happened before it: all records of a process that has ended are there.
struct RecordMarks {
  let path: String
  private var count = 0

  init(path: String) {
    self.path = path
    _ = FileManager.default.createFile(atPath: path, contents: nil)
  }

  mutating func add() {
    var record = [UInt8](repeating: 0, count: 40)
    record[0] = 40
    record[4] = UInt8(ascii: "A")
    withUnsafeBytes(of: UInt64(count).littleEndian) { record.replaceSubrange(32..<40, with: $0) }
    count += 1
    let log = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(log) }
    guard flock(log, LOCK_EX) == 0, write(log, record, record.count) == record.count else {
      fatalError("cannot write a mark")
    }
  }
}
