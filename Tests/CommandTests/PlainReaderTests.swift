import ArgumentParser
import QueueTestKit
import Testing

@testable import QueueCommands

/// Plain command lines mean the same with the table as with the argument parser.
@Suite struct PlainReaderTests {
  private static let values = [
    "x", "5", "0", "255", "256", "90s", "10m", "1.5h", "soon", "done", "failed", "pending", "a=b",
    "default", "photos", "name with spaces", "\u{fffd}\u{e9}", "/tmp/x", "", "-1", "-",
    "9999999999999999999",
  ]
  private static let oddities = [
    "--", "-", "", "-h", "--help", "--version", "--hel", "--bogus", "--bogus=1", "-z", "-0", "-s",
    "-sx",
    "-s=x", "-q", "-qname", "-q=x", "-00", "-0q", "--store", "--queue=", "--null=1", "---", "--=x",
    "-\u{e9}",
    "--generate-completion-script", "---completion", "--experimental-dump-help",
  ]

  @Test func `q-stats`() throws { try compare(Stats.self) }
  @Test func `q-enqueue`() throws { try compare(Enqueue.self) }
  @Test func `q-list`() throws { try compare(List.self) }
  @Test func `q-show`() throws { try compare(Show.self) }
  @Test func `q-retry`() throws { try compare(Retry.self) }
  @Test func `q-remove`() throws { try compare(Remove.self) }
  @Test func `q-prune`() throws { try compare(Prune.self, least: 15) }
  @Test func `q-pause`() throws { try compare(Pause.self) }
  @Test func `q-resume`() throws { try compare(Resume.self) }
  @Test func `q-wait`() throws { try compare(Wait.self) }
  @Test func `q-claim`() throws { try compare(ClaimItems.self) }
  @Test func `q-extend`() throws { try compare(ExtendLeases.self) }
  @Test func `q-settle`() throws { try compare(SettleClaims.self, least: 15) }

  private func compare<Command: PlainCommand>(
    _ type: Command.Type, least: Int = 100
  ) throws {
    var random = SplitMix64(seed: 0x9a1)
    let options = Command.plainOptions + StoreOptions.optionTable()
    try compareNames(type, options)
    var (plain, parsed) = (0, 0)
    for round in 0..<1_200 {
      let isTidy = round % 2 == 0
      let line =
        isTidy ? tidy(options, &random) : untidy(options, &random)
      let read = PlainReader<Command>.read(line)
      let expected = try? Command.parse(line)
      if expected != nil { parsed += 1 }
      if let read {
        plain += 1
        let meant = try #require(expected, "only the table takes \(line)")
        #expect(Self.text(of: read) == Self.text(of: meant), "\(line)")
      } else if isTidy {
        #expect(expected == nil, "a plain line is left to the parser: \(line)")
      }
    }
    #expect(plain > least && parsed > plain / 2, "\(plain) were plain, \(parsed) parsed")
  }

  /// Every option that the help names is in the table.
  private func compareNames<Command: PlainCommand>(
    _ type: Command.Type, _ options: [PlainOption<Command>]
  ) throws {
    let known = Set(options.map(\.long) + ["help", "version"])
    for line in Command.helpMessage().split(separator: "\n") where line.hasPrefix("  -") {
      for word in line.split(whereSeparator: { " ,".contains($0) }).prefix(3)
      where word.hasPrefix("--") {
        #expect(known.contains(String(word.dropFirst(2))), "\(word) is not in the table")
      }
    }
  }

  /// A line after the grammar of ``PlainReader``, whether its values will do or not.
  private func tidy<Command>(
    _ options: [PlainOption<Command>], _ random: inout SplitMix64
  ) -> [String] {
    var line: [String] = []
    for option in options where Int.random(in: 0..<4, using: &random) == 0 {
      line += spelled(option, Self.plainValue(&random), &random)
    }
    for _ in 0..<Int.random(in: 0...2, using: &random) { line.append(Self.plainValue(&random)) }
    return line
  }

  /// Anything.
  private func untidy<Command>(
    _ options: [PlainOption<Command>], _ random: inout SplitMix64
  ) -> [String] {
    (0..<Int.random(in: 0...5, using: &random)).flatMap { _ -> [String] in
      switch Int.random(in: 0..<3, using: &random) {
      case 0: return [Self.oddities.randomElement(using: &random)!]
      case 1: return [Self.values.randomElement(using: &random)!]
      default:
        let option = options.randomElement(using: &random)!
        return spelled(option, Self.values.randomElement(using: &random)!, &random)
      }
    }
  }

  private static func plainValue(_ random: inout SplitMix64) -> String {
    values.filter { !$0.isEmpty && !$0.hasPrefix("-") }.randomElement(using: &random)!
  }

  private func spelled<Command>(
    _ option: PlainOption<Command>, _ value: String, _ random: inout SplitMix64
  ) -> [String] {
    let isShort = option.short != nil && Bool.random(using: &random)
    let name = isShort ? "-\(option.short!)" : "--\(option.long)"
    if case .flag = option.effect { return [name] }
    if Bool.random(using: &random) || isShort && value.contains("=") { return [name, value] }
    return [name + (isShort ? "" : "=") + value]
  }

  /// All properties of a command, those of its groups too.
  private static func text(of command: Any) -> String {
    Mirror(reflecting: command).children.map { label, value in
      let content = (value as? any Wrapper)?.content ?? value
      let text =
        content is any ParsableArguments
        ? "(\(Self.text(of: content)))" : String(reflecting: content)
      return "\(label ?? ""): \(text)"
    }.joined(separator: ", ")
  }
}

/// What a property of a command holds.
private protocol Wrapper { var content: Any { get } }
extension Flag: Wrapper { fileprivate var content: Any { wrappedValue } }
extension Option: Wrapper { fileprivate var content: Any { wrappedValue } }
extension Argument: Wrapper { fileprivate var content: Any { wrappedValue } }
extension OptionGroup: Wrapper { fileprivate var content: Any { wrappedValue } }
