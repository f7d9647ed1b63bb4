package import QueueCore

/// The handler's words with places for what differs from run to run, as GNU parallel writes them:
///
/// ```
/// {}    the id                         {#}   the number of this claim in its worker, from 1
/// {.}   the id without its extension   {%}   the number of the slot, from 1
/// {/}   the last part of the id's path
/// {//}  the rest of that path          {1}   a column of the payload, from 1, where columns are
/// {/.}  {/} without its extension            separated by TABs and asked for
/// {gpu} the value that the run holds of the pool gpu, where there is one
/// ```
///
/// A command without any has the id as its last argument. A run of many items has a word with a place
/// of the id once for each of them, and all ids at the end where there is no place.
package struct HandlerTemplate: Sendable {
  /// What is put into the places.
  package struct Values: Sendable {
    /// At least one; more where a run carries many.
    package var ids: [ItemID]
    package var payload: [UInt8]?
    /// ``Assignment/ordinal``.
    package var ordinal: Int
    /// From 1.
    package var slot: Int
    /// Of each pool of the plan.
    package var pools: [[UInt8]]

    package init(
      ids: [ItemID], payload: [UInt8]?, ordinal: Int, slot: Int, pools: [[UInt8]] = []
    ) {
      (self.ids, self.payload, self.ordinal, self.slot) = (ids, payload, ordinal, slot)
      self.pools = pools
    }
  }

  /// An item that has no value for a place.
  package struct MissingColumn: Error, Equatable, Sendable {
    package let number, count: Int

    package var message: String {
      "no column {\(number)}: the payload has \(count == 0 ? "none" : "\(count)")"
    }
  }

  fileprivate enum Piece: Sendable {
    case text([UInt8])
    case id, stem, base, baseStem, directory, ordinal, slot
    case column(Int)
    case pool(Int)
  }

  private enum Word: Sendable {
    case fixed(Int)
    case pieces([Piece])
  }

  private let fixed: [[UInt8]]
  private let words: [Word]
  private let appendsID: Bool
  /// All runs have the same words, but for the ids at the end.
  private let isFixed: Bool
  /// Whether the id comes elsewhere, and belongs nowhere among the words.
  private let hidesID: Bool

  /// The words of the command line from the handler's name on, which is taken as it is.
  /// `hasColumns`: `{1}` stands for a column of the payload. `hidesID`: no id is put at the end. `pools`: the
  /// names of those whose values have a place.
  package init(
    _ words: [[UInt8]], hasColumns: Bool = false, hidesID: Bool = false, pools: [String] = []
  ) {
    self.hidesID = hidesID
    fixed = words
    self.words = words.enumerated().map { index, word in
      let pieces = index == 0 ? [] : Self.pieces(of: word, hasColumns, pools)
      return pieces.contains(where: \.isPlace) ? .pieces(pieces) : .fixed(index)
    }
    isFixed = self.words.allSatisfy { if case .fixed = $0 { true } else { false } }
    // A pool's value says nothing of the item.
    appendsID = !self.words.contains { word in
      if case .pieces(let pieces) = word { pieces.contains(where: \.isOfItem) } else { false }
    }
  }

  /// Puts the arguments of one run into `target`.
  func fill(_ target: inout ProgramArguments, _ values: Values) throws(MissingColumn) {
    target.reset(withArguments: isFixed)
    for word in isFixed ? [] : words {
      switch word {
      case .fixed(let index): target.appendShared(index)
      case .pieces(let pieces):
        for id in Self.ids(pieces, values) {
          target.append(argument: try Self.filled(pieces, values, id))
        }
      }
    }
    if appendsID, !hidesID { for id in values.ids { target.append(argument: id.bytes) } }
  }

  /// The ids that a word stands for, each in a word of its own.
  private static func ids(_ pieces: [Piece], _ values: Values) -> ArraySlice<ItemID> {
    pieces.contains(where: \.isOfID) ? values.ids[...] : values.ids.prefix(1)
  }

  /// How many bytes an id takes among the arguments, with what stands around it, at most.
  package func room(for id: ItemID) -> Int {
    if appendsID { return hidesID ? 0 : id.bytes.count + Self.pointer }
    var bytes = 0
    for case .pieces(let pieces) in words where pieces.contains(where: \.isOfID) {
      bytes += pieces.reduce(Self.pointer) { $0 + $1.length(of: id) }
    }
    return bytes
  }

  /// Of each argument: its end and its place in the table.
  private static let pointer = 9

  /// Whether the id has a place among the words.
  package var hasIDPlace: Bool {
    words.contains { word in
      if case .pieces(let pieces) = word { pieces.contains(where: \.isOfID) } else { false }
    }
  }

  /// The arguments of one run.
  package func commandLine(_ values: Values) throws(MissingColumn) -> [[UInt8]] {
    var arguments: [[UInt8]] = []
    for word in words {
      switch word {
      case .fixed(let index): arguments.append(fixed[index])
      case .pieces(let pieces):
        for id in Self.ids(pieces, values) {
          arguments.append(try Self.filled(pieces, values, id))
        }
      }
    }
    return appendsID && !hidesID ? arguments + values.ids.map(\.bytes) : arguments
  }

  private static func filled(
    _ pieces: [Piece], _ values: Values, _ id: ItemID
  ) throws(MissingColumn) -> [UInt8] {
    let path = IDPath(id.bytes)
    var word: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let text): word += text
      case .id: word += path.id
      case .stem: word += path.stem
      case .base: word += path.base
      case .baseStem: word += path.baseStem
      case .directory: word += path.directory
      case .ordinal: word += Array(String(values.ordinal).utf8)
      case .slot: word += Array(String(values.slot).utf8)
      case .pool(let number): word += values.pools[number]
      case .column(let number):
        let columns = values.payload.map {
          $0.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        }
        guard let columns, columns.indices.contains(number - 1) else {
          throw MissingColumn(number: number, count: columns?.count ?? 0)
        }
        word += columns[number - 1]
      }
    }
    return word
  }

  private static func pieces(
    of word: [UInt8], _ hasColumns: Bool, _ pools: [String] = []
  ) -> [Piece] {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    var rest = word[...]
    while let first = rest.first {
      if first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")),
        let place = place(
          String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self), pools),
        hasColumns || !place.isColumn
      {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = []
        pieces.append(place)
        rest = rest[(end + 1)...]
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    return text.isEmpty ? pieces : pieces + [.text(text)]
  }

  private static func place(_ name: String, _ pools: [String]) -> Piece? {
    if let pool = pools.firstIndex(of: name) { return .pool(pool) }
    switch name {
    case "": return .id
    case ".": return .stem
    case "/": return .base
    case "//": return .directory
    case "/.": return .baseStem
    case "#": return .ordinal
    case "%": return .slot
    default:
      guard name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
        let number = Int(name), number > 0
      else { return nil }
      return .column(number)
    }
  }

  /// Whether a word has a place that is filled for each run.
  static func hasPlace(_ word: [UInt8], hasColumns: Bool) -> Bool {
    pieces(of: word, hasColumns).contains(where: \.isPlace)
  }
}

extension HandlerTemplate.Piece {
  fileprivate var isPlace: Bool { if case .text = self { false } else { true } }
  fileprivate var isOfItem: Bool {
    switch self {
    case .text, .pool: false
    default: true
    }
  }
  fileprivate var isColumn: Bool { if case .column = self { true } else { false } }
  fileprivate var isOfID: Bool {
    switch self {
    case .id, .stem, .base, .baseStem, .directory: true
    case .text, .ordinal, .slot, .column, .pool: false
    }
  }

  /// At most.
  fileprivate func length(of id: ItemID) -> Int {
    switch self {
    case .text(let text): text.count
    case .ordinal, .slot, .column: 20
    case .pool: Pool.longestValue
    case .id, .stem, .base, .baseStem, .directory: id.bytes.count + 1
    }
  }
}

/// An id taken as a path.
private struct IDPath {
  private static let slash = UInt8(ascii: "/")
  let id: ArraySlice<UInt8>

  init(_ id: [UInt8]) { self.id = id[...] }

  /// Behind the last slash.
  var base: ArraySlice<UInt8> {
    id.lastIndex(of: Self.slash).map { id[($0 + 1)...] } ?? id
  }
  var stem: ArraySlice<UInt8> { id[..<baseStem.endIndex] }
  var baseStem: ArraySlice<UInt8> {
    let base = base
    return base.lastIndex(of: UInt8(ascii: ".")).map { base[..<$0] } ?? base
  }

  /// As dirname(1) has it.
  var directory: ArraySlice<UInt8> {
    guard let last = id.lastIndex(where: { $0 != Self.slash }) else {
      return id.isEmpty ? [UInt8(ascii: ".")] : [Self.slash]
    }
    guard let slash = id[...last].lastIndex(of: Self.slash) else { return [UInt8(ascii: ".")] }
    let rest = id[..<slash]
    return rest.lastIndex { $0 != Self.slash }.map { rest[...$0] } ?? [Self.slash]
  }
}
