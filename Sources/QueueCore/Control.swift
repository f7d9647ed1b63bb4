import JSONText

/// What a handler asked for in the file `$Q_CONTROL`, a line each:
///
/// ```
/// defer DURATION   with the exit status of a deferral: when to try again; the last one holds
/// pause DURATION   the queue rests; the longest one holds
/// pause until TIME the same: 14:30, the next one, or RFC 3339
/// rest DURATION    the item's group rests, its queue where it has none; the longest one holds
/// rest-pool NAME DURATION       the value that the run holds of a pool rests; the longest one holds
/// spend UNIT NUMBER             so much of it was spent, whatever becomes of the item; adds up
/// note TEXT        kept with the run; notes are joined, a line each
/// emit QUEUE ID [TAB PAYLOAD]   is there once this item is done
/// json OBJECT      {"emit":{"queue","id","payload"?}} or {"result":{"status","id"}}, for any bytes;
///                  {"spend":{UNIT:NUMBER}}
/// result N ID      of a run of many items: this one came to exit status N; the last one holds
/// ```
public struct Control: Hashable, Sendable {
  /// The longest file, in bytes.
  public static let maximumLength = 64 << 20
  /// How much of the notes is kept, in bytes.
  public static let maximumNote = 4_096

  /// How long a deferral is to last; nil: as the policy says.
  public var deferral: Duration?
  /// How long the queue is to rest.
  public var pause: Duration?
  /// How long the item's group is to rest.
  public var rest: Duration?
  /// Until when the queue is to rest, besides.
  public var pauseUntil: Timestamp?
  /// Until these times of the day, in seconds since midnight, besides; the longest one holds.
  public var pauseUntilTimes: Set<Int> = []
  /// What was noted, cut at ``maximumNote``; empty when nothing was.
  public var note: [UInt8] = []

  /// For how long values of pools are to rest, by the pools' names.
  public var poolRests: [String: Rest] = [:]

  /// How long something is to rest.
  public struct Rest: Hashable, Sendable {
    /// For how long.
    public var length: Duration
    /// The line that says so, from 1.
    public var line: Int
  }

  /// What the run has spent.
  public var spent: Amounts = [:]

  /// What single items came to, by their ids.
  public var results: [ItemID: Outcome] = [:]

  /// What one item of many came to.
  public struct Outcome: Hashable, Sendable {
    /// Judged as a handler's exit status is.
    public var status: UInt8
    /// The line that says so, from 1.
    public var line: Int
  }

  /// What is to be there once the item is done.
  public var emitted: [Emission] = []
  /// Bytes of their ids and payloads.
  private var emittedBytes = 0

  /// Nothing was asked for.
  public init() {}

  /// A line that says nothing that can be done. Nothing of its file holds.
  public struct Invalid: Error, Hashable, Sendable {
    /// `control: line N: ...`
    public let message: String

    /// What is wrong in a line, from 1.
    public init(line: Int, _ what: String) { message = "control: line \(line): \(what)" }
  }

  /// Reads what a handler wrote, all at once. `isWhole`: as in ``Reader/finish(isWhole:)``.
  public init(_ bytes: some Collection<UInt8>, isWhole: Bool) throws(Invalid) {
    var reader = Reader()
    try reader.read(bytes)
    self = try reader.finish(isWhole: isWhole)
  }

  /// Reads what a handler wrote, a part at a time, and keeps no more of it than counts.
  public struct Reader {
    /// Of a longer line the rest is dropped: a note is cut before, and nothing else may be so long.
    private static let longestLine = 24 << 20
    private var control = Control()
    private var line: [UInt8] = []
    private var number = 1

    /// Nothing is read yet.
    public init() {}

    /// Reads the next bytes.
    public mutating func read(_ bytes: some Collection<UInt8>) throws(Invalid) {
      var rest = bytes[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        append(rest[..<end])
        try control.apply(line[...], number)
        line.removeAll(keepingCapacity: true)
        number += 1
        rest = rest[rest.index(after: end)...]
      }
      append(rest)
    }

    private mutating func append(_ part: some Collection<UInt8>) {
      line += part.prefix(Self.longestLine - line.count)
    }

    /// What was asked for. `isWhole`: the handler ended by itself, so that a last line without its
    /// end counts as well.
    public consuming func finish(isWhole: Bool) throws(Invalid) -> Control {
      if isWhole, !line.isEmpty { try control.apply(line[...], number) }
      control.note = Array(control.note.prefix(Control.maximumNote))
      return control
    }
  }

  private mutating func apply(_ line: ArraySlice<UInt8>, _ number: Int) throws(Invalid) {
    let (word, rest) = Self.word(line)
    switch String(decoding: word, as: UTF8.self) {
    case "defer": deferral = try Self.duration(rest, number)
    case "pause": try takePause(rest, number)
    case "rest": self.rest = max(self.rest ?? .zero, try Self.duration(rest, number))
    case "rest-pool": try takePoolRest(rest, number)
    case "spend": try takeSpending(rest, number)
    case "note":
      if !note.isEmpty { note.append(UInt8(ascii: "\n")) }
      if note.count < Self.maximumNote { note += rest }
    case "result": try takeResult(rest, number)
    case "emit": try takeEmission(rest, number)
    case "json": try takeJSON(rest, number)
    case let other:
      throw Invalid(
        line: number,
        "no such request: \(other.prefix(40)): defer, pause, rest, rest-pool, note, spend, emit, result "
          + "or json")
    }
  }

  private mutating func takePause(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    guard rest.starts(with: "until ".utf8) else {
      pause = max(pause ?? .zero, try Self.duration(rest, number))
      return
    }
    let text = String(decoding: rest.dropFirst("until ".utf8.count), as: UTF8.self)
    guard let moment = MomentText(text) else {
      throw Invalid(
        line: number, "not a time: \(text.prefix(40)): 14:30, or 2026-11-27T14:30:00Z")
    }
    switch moment {
    case .moment(let moment): pauseUntil = max(pauseUntil ?? moment, moment)
    case .timeOfDay(let seconds): pauseUntilTimes.insert(seconds)
    }
  }

  private mutating func takePoolRest(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    let (name, rest) = Self.word(rest)
    guard !name.isEmpty else {
      throw Invalid(line: number, "which pool's value is to rest: rest-pool NAME DURATION")
    }
    let length = try Self.duration(rest, number)
    let pool = String(decoding: name, as: UTF8.self)
    if let longest = poolRests[pool]?.length, longest >= length { return }
    poolRests[pool] = Rest(length: length, line: number)
  }

  private mutating func takeSpending(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    let (name, rest) = Self.word(rest)
    guard let unit = UnitName(String(decoding: name, as: UTF8.self)) else {
      let shown = String(decoding: name.prefix(64), as: UTF8.self)
      throw Invalid(line: number, "not a unit's name: \(shown): spend usd 0.0123")
    }
    guard let amount = Amount(rest) else {
      let shown = String(decoding: rest.prefix(40), as: UTF8.self)
      throw Invalid(line: number, "not an amount: \(shown): \(Amount.form)")
    }
    guard spent[unit] != nil || spent.count < Amounts.mostUnits else {
      throw Invalid(line: number, Amounts.tooManyUnits)
    }
    spent.add(amount, of: unit)
  }

  private mutating func takeEmission(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    let (name, rest) = Self.word(rest)
    guard let queue = QueueName(String(decoding: name, as: UTF8.self)) else {
      let shown = String(decoding: name.prefix(64), as: UTF8.self)
      throw Invalid(line: number, "not a queue's name: \(shown): emit QUEUE ID")
    }
    let emission: Emission
    do throws(Emission.BadLine) {
      emission = try Emission(line: rest, to: queue)
    } catch {
      throw Invalid(line: number, error.why)
    }
    try add(emission, number)
  }

  private mutating func add(_ emission: Emission, _ number: Int) throws(Invalid) {
    emitted.append(emission)
    emittedBytes += emission.size
    guard emitted.count <= Emission.maximumCount, emittedBytes <= Emission.maximumBytes else {
      throw Invalid(line: number, "it emits \(Emission.tooMany)")
    }
  }

  private mutating func takeJSON(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    let said = rest.withUnsafeBytes { bytes in
      Result { () throws(JSONScanner.Invalid) in try ControlObject(bytes) }
    }
    switch said {
    case .failure(let invalid):
      throw Invalid(line: number, "byte \(invalid.column + 5): \(invalid.what)")
    case .success(let object):
      if let emission = object.emission { try add(emission, number) }
      if let (status, id) = object.result { results[id] = Outcome(status: status, line: number) }
      spent.add(object.spent)
      guard spent.count <= Amounts.mostUnits else {
        throw Invalid(line: number, Amounts.tooManyUnits)
      }
    }
  }

  private mutating func takeResult(
    _ rest: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) {
    let (text, rest) = Self.word(rest)
    guard !text.isEmpty, text.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let status = UInt8(String(decoding: text, as: UTF8.self))
    else {
      throw Invalid(
        line: number,
        "not an exit status: \(String(decoding: text.prefix(40), as: UTF8.self)): 0 to 255")
    }
    guard let id = ItemID(Array(rest)) else {
      throw Invalid(line: number, "a result without an id: result 0 ID")
    }
    results[id] = Outcome(status: status, line: number)
  }

  /// What is before the first space, and what is behind it.
  private static func word(
    _ text: ArraySlice<UInt8>
  ) -> (word: ArraySlice<UInt8>, rest: ArraySlice<UInt8>) {
    let word = text.prefix { $0 != UInt8(ascii: " ") }
    return (word, text[word.endIndex...].dropFirst())
  }

  private static func duration(
    _ text: ArraySlice<UInt8>, _ number: Int
  ) throws(Invalid) -> Duration {
    let text = String(decoding: text, as: UTF8.self)
    guard !text.isEmpty, let duration = Duration(text: text) else {
      throw Invalid(line: number, "not a duration: \(text.prefix(40)): 90s, 10m")
    }
    return duration
  }
}
