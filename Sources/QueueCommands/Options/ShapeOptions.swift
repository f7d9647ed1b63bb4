import ArgumentParser
import QueueCore
import Worker

/// How many items a process of the handler gets, and how.
struct ShapeOptions: ParsableArguments {
  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("items")],
    parsing: .unconditional,
    help: ArgumentHelp(
      "Items a process, 1 to 10,000, or auto: as many as take about a second (default: 1).",
      valueName: "N"))
  var items: ItemsArgument?

  @Flag(
    name: .customLong("stdin"),
    help: "With -n: ids are lines on the handler's standard input, not arguments.")
  var onInput = false

  @Flag(
    name: .customLong("stream"),
    help: ArgumentHelp(
      "Feed a handler that lives on: an id a line in, an exit status a line out; --stream=json: "
        + "objects."))
  var stream = false

  /// What `--stream=FORM` is read as: the parser has no flags with a value.
  static func readable(_ arguments: [String]) -> [String] {
    arguments.map { word in
      word.hasPrefix("--stream=") ? "--stream-form=" + word.dropFirst("--stream=".count) : word
    }
  }

  @Option(
    name: .customLong("stream-form"), parsing: .unconditional,
    help: ArgumentHelp("What the lines of --stream are.", valueName: "FORM", visibility: .hidden))
  var streamForm: HandlerShape.Stream.Form?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "With --stream: requests that may wait for their answers, 1 to 16,384 (default: 1,024).",
      valueName: "N"))
  var window: Int?

  @Flag(
    name: [.customShort("0"), .customLong("null")],
    help: "With --stdin, --stream or --emit: ids end with NUL, not newline.")
  var nul = false

  func validate() throws {
    if let count = items?.count, !(1...HandlerShape.Many.maximum).contains(count) {
      throw ValidationError("--items must be 1 to 10,000, or auto: \(count)")
    }
    if let window, !(1...HandlerShape.Stream.maximumWindow).contains(window) {
      throw ValidationError("--window must be 1 to 16,384: \(window)")
    }
    if isStream && items != nil { throw ValidationError("--stream and -n exclude each other") }
    if isStream && onInput { throw ValidationError("--stream and --stdin exclude each other") }
    if onInput && items == nil { throw ValidationError("--stdin needs -n N") }
    if window != nil && !isStream { throw ValidationError("--window needs --stream") }
    if nul && streamForm == .json {
      throw ValidationError("-0 and --stream=json exclude each other")
    }
  }

  private var isStream: Bool { stream || streamForm != nil }

  var shape: HandlerShape {
    if isStream {
      var form = HandlerShape.Stream(form: streamForm ?? .plain)
      if let window { form.window = window }
      return .stream(form)
    }
    guard let items else { return .single }
    return items.count == 1 && !onInput
      ? .single : .many(HandlerShape.Many(count: items.count, onInput: onInput))
  }

  var separator: UInt8 { nul ? 0 : UInt8(ascii: "\n") }

  /// Refuses what means nothing for handlers of this shape.
  func check(template: HandlerTemplate, hasColumns: Bool, _ output: OutputOptions) throws {
    if nul && !onInput && !isStream && output.emit == nil {
      throw ValidationError("-0 is for --stdin, --stream and --emit")
    }
    if hasColumns && shape != .single {
      throw ValidationError("--tsv is for a process an item: not with -n or --stream")
    }
    switch shape {
    case .single: break
    case .many(let many):
      if output.collect {
        throw ValidationError("--collect is for a process an item, or --stream=json: not with -n")
      }
      if many.onInput && template.hasIDPlace {
        throw ValidationError("--stdin: the ids come on standard input: name none in the command")
      }
    case .stream(let stream):
      if output.collect && stream.form == .plain {
        throw ValidationError("--collect is for answers that have results: --stream=json")
      }
      if template.hasIDPlace {
        throw ValidationError("--stream: the ids come on standard input: name none in the command")
      }
      let refused = [
        ("--keep-order", output.keepOrder), ("--line-buffer", output.lineBuffer),
        ("--tag", output.tag), ("--results", output.results != nil),
        ("--joblog", output.joblog != nil), ("--emit", output.emit != nil),
      ]
      if let (name, _) = refused.first(where: \.1) {
        throw ValidationError("\(name) is for handlers that end: not with --stream")
      }
    }
  }
}

extension HandlerShape {
  /// Whether ids come elsewhere than among the arguments.
  var hidesID: Bool {
    switch self {
    case .single: false
    case .many(let many): many.onInput
    case .stream: true
    }
  }
}
