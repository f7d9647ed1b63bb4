import ArgumentParser
import FoundationEssentials
import LMDBStore
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// `q-enqueue`: lines in, pending items out.
struct Enqueue: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-enqueue",
    abstract: "Put ids, one a line, into a queue that does not have them yet.",
    usage: "q-enqueue [options] [FILE...]",
    discussion: """
      EXAMPLES
        q-enqueue < ids.txt
        find . -name '*.jpg' -print0 | q-enqueue -0 --queue photos
        q-enqueue --jsonl --id-key url pages.jsonl
      """,
    aliases: ["enqueue"])

  static let notes = """
    INPUT
      Ids are bytes, up to 65,535 of them, anything but NUL and the separator. Without FILE,
      or where it is -, standard input is read. Empty lines are skipped. What is read is
      committed as it comes: what a killed q-enqueue had committed stays, and running it
      again on the same input adds only the rest.

    EXIT STATUS
      0  every line is in the queue, durably
      64 usage
      65 some lines were bad: each was named and skipped; the good ones are in
      66 no such FILE
      73 the store cannot be made
      74 a read or write failed: the last summary says what is in
      75 another process kept the store busy for 10 s

    ENVIRONMENT
      Q_STORE, Q_QUEUE  what --store and --queue mean when they are not given
    """

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: [.customShort("0"), .customLong("null")], help: "Lines end with NUL, not newline.")
  var nul = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Claimed before larger numbers: 0 is the most urgent.", valueName: "0..255"))
  var priority: UInt8 = 128

  @Option(
    name: .long,
    help: ArgumentHelp("Pending only after this long: 90s, 10m, 2h, 1d.", valueName: "DURATION"))
  var delay: DurationArgument?

  @Flag(name: .long, help: "A line is an id, a TAB and a payload.")
  var tsv = false

  @Flag(name: .long, help: "A line is a JSON object: it is the payload; its id is at --id-key.")
  var jsonl = false

  @Option(
    name: .long,
    help: ArgumentHelp("The member of each object that is its id.", valueName: "KEY"))
  var idKey: String?

  @Flag(name: .long, help: "No summary, no count of empty lines.")
  var quiet = false

  @Argument(help: ArgumentHelp("Files to read (default: standard input).", valueName: "file"))
  var files: [String] = []

  func validate() throws {
    if tsv && jsonl { throw ValidationError("--tsv and --jsonl exclude each other") }
    if jsonl && idKey == nil { throw ValidationError("--jsonl needs --id-key KEY") }
    if !jsonl && idKey != nil { throw ValidationError("--id-key is for --jsonl") }
  }

  func execute() throws {
    let inputs = try files.isEmpty ? [Input.standard] : files.map(Input.init)
    if files.isEmpty && isatty(STDIN_FILENO) == 1 && !quiet {
      say("q-enqueue: reading ids from the terminal, one a line; end with Ctrl-D")
    }
    let store = try storeOptions.open(create: true)
    var intake = Intake(store: store, options: self)
    do {
      for input in inputs { try intake.read(input) }
      try intake.commit()
    } catch {
      if !quiet { say(intake.summary) }
      throw error
    }
    if !quiet { say(intake.summary) }
    if intake.bad > 0 {
      throw CommandError(.badData, "\(intake.bad.grouped) bad lines were skipped")
    }
  }
}

/// A file to read, or standard input.
private struct Input {
  static let standard = Input(descriptor: STDIN_FILENO, name: "standard input")
  var descriptor: Int32
  var name: String

  init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  init(_ path: String) throws {
    if path == "-" {
      self = .standard
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandError(.noInput, "cannot read \(path): \(systemMessage())")
    }
    self.init(descriptor: descriptor, name: path)
  }
}

/// Lines on their way into the queue: gathered while input comes and nobody else waits to write,
/// committed when it pauses.
private struct Intake {
  /// How long a line may wait for others to share its commit.
  private static let patience: Duration = .milliseconds(50)
  private static let smallest = 4_000
  private static let largest = 1_000_000
  private static let largestBytes = 64 << 20

  let store: LMDBStore
  let options: Enqueue
  private(set) var bad: UInt64 = 0
  private var empty: UInt64 = 0
  private var result = EnqueueResult(enqueued: 0, duplicates: 0)
  private var batch = ItemBatch()
  private var limit = smallest
  private var warnedOfReturn = false

  init(store: LMDBStore, options: Enqueue) {
    self.store = store
    self.options = options
  }

  var summary: String {
    var parts = ["\(result.enqueued.grouped) enqueued", "\(result.duplicates.grouped) duplicates"]
    if empty > 0 { parts.append("\(empty.grouped) empty lines") }
    if bad > 0 { parts.append("\(bad.grouped) bad lines") }
    return parts.joined(separator: ", ")
  }

  mutating func read(_ input: Input) throws {
    let longest =
      options.tsv
      ? ItemID.maximumLength + 1 + ItemBatch.maximumPayload
      : options.jsonl ? ItemBatch.maximumPayload : ItemID.maximumLength
    var reader = LineReader(
      input.descriptor, name: input.name, separator: options.nul ? 0 : UInt8(ascii: "\n"),
      limit: longest)
    var deadline: ContinuousClock.Instant?
    while true {
      switch try reader.next(until: deadline) {
      case .line(let line):
        take(line, reader.number, input.name)
        if batch.count >= limit || batch.bytes.count >= Self.largestBytes {
          try commit()
          limit = min(limit * 2, Self.largest)
        }
        if batch.isEmpty {
          deadline = nil
        } else if deadline == nil {
          deadline = .now + Self.patience
        }
      case .tooLong:
        refuse(reader.number, input.name, "it is over \(longest.grouped) bytes")
      case .pause:
        try commit()
        deadline = nil
      case .end:
        return
      }
    }
  }

  mutating func commit() throws {
    guard !batch.isEmpty else { return }
    let now = Timestamp.now
    let came = try store.enqueue(
      batch, to: options.storeOptions.queueName, priority: options.priority,
      until: options.delay.map { now + $0.duration }, now: now)
    result.enqueued += came.enqueued
    result.duplicates += came.duplicates
    batch.removeAll()
  }

  private mutating func refuse(_ number: UInt64, _ name: String, _ why: String) {
    bad += 1
    if bad <= 20 {
      say("q-enqueue: bad line: \(name): line \(number): \(why)")
    } else if bad == 21 {
      say("q-enqueue: further bad lines are counted, not named")
    }
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String) {
    guard !line.isEmpty else {
      empty += 1
      return
    }
    if options.jsonl {
      takeJSON(line, number, name)
    } else if options.tsv, let tab = line.firstIndex(of: UInt8(ascii: "\t")) {
      add(line[..<tab], line[(tab + 1)...], number, name)
    } else {
      add(line, nil, number, name)
    }
  }

  private mutating func add(
    _ id: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>?, _ number: UInt64, _ name: String
  ) {
    guard !id.isEmpty else { return refuse(number, name, "its id is empty") }
    guard id.count <= ItemID.maximumLength else {
      return refuse(number, name, "its id is over \(ItemID.maximumLength.grouped) bytes")
    }
    guard !contains(id, 0) else { return refuse(number, name, "its id contains NUL") }
    guard payload?.count ?? 0 <= ItemBatch.maximumPayload else {
      return refuse(number, name, "its payload is over \(ItemBatch.maximumPayload.grouped) bytes")
    }
    if id.last == UInt8(ascii: "\r") && !warnedOfReturn {
      warnedOfReturn = true
      say("q-enqueue: line \(number) ends in CR, which is kept as part of its id")
    }
    batch.append(id: id, payload: payload)
  }

  private mutating func takeJSON(_ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String) {
    let key = options.idKey ?? ""
    do {
      let id = try JSONDecoder().decode(
        ObjectID.self, from: Data(line), configuration: ObjectID.Key(stringValue: key)
      ).text
      add(ArraySlice(Array(id.utf8)), line, number, name)
    } catch is MissingID {
      refuse(number, name, "it has no text or number at \(key)")
    } catch {
      refuse(number, name, "it is not a JSON object")
    }
  }
}

/// Whether the byte is in there; `Collection.contains` is slower by far.
private func contains(_ bytes: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
  bytes.withUnsafeBytes { bytes in
    bytes.baseAddress.map { memchr($0, Int32(byte), bytes.count) != nil } ?? false
  }
}

/// The one member of a JSON object that is an id: text or a whole number.
private struct ObjectID: DecodableWithConfiguration {
  var text: String

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  init(from decoder: any Decoder, configuration key: Key) throws {
    let members = try decoder.container(keyedBy: Key.self)
    if let text = try? members.decode(String.self, forKey: key) {
      self.text = text
    } else if let number = try? members.decode(Int64.self, forKey: key) {
      text = String(number)
    } else {
      throw MissingID()
    }
  }
}

private struct MissingID: Error {}
