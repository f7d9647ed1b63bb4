import QueueTestKit
import Testing

@testable import QueueCommands

/// What is said of command lines that mean nothing: what was given, and what would do.
@Suite struct UsageTests {
  /// Options that take any text.
  private static let texts: Set<String> = [
    "--store", "--id-key", "--results", "--joblog", "--report", "--note", "--group",
    "--batch", "q-enqueue --after", "--after-any", "--result-file",
    "--recipe", "--stale", "--payload-dir",
  ]

  @Test func `a value that will not do is named, and what would do, for every option`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    var count = 0
    for type in Commands.all + [Help.self] {
      let name = type.help.name
      for option in try HelpDump.displayed(of: type) where option.kind == .option {
        let spelling = try #require(option.spellings.last)
        if !Self.texts.isDisjoint(with: [spelling, "\(name) \(spelling)"]) { continue }
        for value in ["no/nsense", "-1s"] {
          let said = try shell.run("\(name) \(spelling) \(value) < /dev/null")
          let first = said.error.split(separator: "\n").first.map(String.init) ?? ""
          #expect(said.status == 64, "\(name) \(spelling) \(value): \(said)")
          #expect(
            first.hasPrefix("\(name): ") && first.contains(spelling)
              && (first.contains(value) || first.contains("Missing value for "))
              && (first.contains(": it takes ") || first.contains("one of")),
            "\(first)")
          count += 1
        }
      }
    }
    #expect(count > 30)
  }

  @Test(arguments: [
    (
      "q-work --retry-on 1-300 -- true",
      "The value '1-300' is invalid for '--retry-on <LIST>': it takes exit statuses from 1 to 255, like 1-9,75"
    ),
    (
      "q-enqueue --delay -1s",
      "The value '-1s' is invalid for '--delay <DURATION>': it takes a number with ms"
    ),
    ("q-enqueue --delay", "Missing value for '--delay <DURATION>': it takes a number with"),
    (
      "q-work --workers many -- true",
      "'--workers <N>': it takes a number from 1 to"
    ),
    ("q-work -j x -- true", "it takes a number from 1 to 4,096, like 16, or auto"),
    ("q-list dnoe", "'dnoe' is invalid for '<status>'"),
    ("q-work --jobs 4 -- true", "Unknown option '--jobs': --workers may be meant"),
    ("q-work --retries 3 -- true", "Unknown option '--retries': --max-attempts may be meant"),
    ("q-work --worker=4 -- true", "Unknown option '--worker=4': --workers may be meant"),
    ("q-enqueue --quite", "Unknown option '--quite': --quiet may be meant"),
    ("q-stats --zzzzzz", "Unknown option '--zzzzzz'"),
    (
      "q-check --queue x",
      "Unknown option '--queue': q-check has none: it looks at all queues of the store"
    ),
    ("q-check -q x", "Unknown option '-q': q-check has none"),
    ("q-pause --workers 4", "Unknown option '--workers': it is an option of q-work"),
    ("q-list --quiet", "Unknown option '--quiet': it is an option of q-enqueue, q-work, "),
    ("q work --jobs 4", "Unknown option '--jobs': --workers may be meant"),
    ("q status", "no such command: status: q stats may be meant"),
    ("q ls", "no such command: ls: q list may be meant"),
    ("q add", "no such command: add: q enqueue may be meant"),
    ("q statz", "no such command: statz: q stats may be meant"),
    ("q frobnicate", "no such command: frobnicate: there are enqueue, work"),
    ("q-config max-atempts=3", "no such key: max-atempts: max-attempts may be meant"),
    ("q-config retries=3", "no such key: retries: max-attempts may be meant"),
    ("q-config rate=fast", "not a value for rate: fast: it takes items in a time, like 60/m"),
  ])
  func `what was typed is named with what may have been meant`(line: String, words: String) throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    let said = try shell.run("\(line) < /dev/null")
    #expect(said.status == 64 && said.error.contains(words), "\(said)")
  }
}
