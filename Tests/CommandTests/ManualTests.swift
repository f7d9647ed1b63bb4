import Foundation
import Testing

@testable import QueueCommands

/// The manual pages, in the two programs that show such pages.
@Suite struct ManualTests {
  /// What `q help` is asked for: nothing is `q` itself.
  static let topics = [""] + Commands.all.map { $0.verb }
  /// Takes back what a terminal would show bold or underlined.
  static let plain = #"sed 's/.\x08//g'"#

  @Test(arguments: topics)
  func `groff and mandoc find nothing wrong with the page`(topic: String) throws {
    let shell = try Shell()
    #expect(try shell.says("q help \(topic) --man > page") == "=> 0")
    #expect(
      try shell.run("groff -mandoc -ww -T ascii -r LL=80n page > /dev/null")
        == Shell.Result(status: 0, output: "", error: ""))
    #expect(try shell.says("mandoc -T lint -W warning page") == "=> 0")
  }

  @Test(arguments: topics)
  func `the page has every section and every long option`(topic: String) throws {
    let shell = try Shell()
    let name = topic.isEmpty ? "q" : "q-\(topic)"
    let page = try shell.run(
      "q help --man \(topic) | mandoc -T ascii -O width=500 | \(Self.plain)"
    ).output
    let lines = page.split(separator: "\n").map(String.init)
    let headings = lines.filter { $0.first?.isLetter ?? false }.dropFirst().dropLast()
    #expect(headings.prefix(3) == ["NAME", "SYNOPSIS", "DESCRIPTION"])
    #expect(
      headings.suffix(5) == ["ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"])
    #expect(lines.contains { $0.hasPrefix("     \(name) - ") })
    for part in ["Q_STORE, Q_QUEUE", ".q/env.N", ".q/current", ".q/locks", ".q/wake", "q-"] {
      #expect(page.contains(part), "\(part)")
    }
    let help = try shell.run("\(name) --help").output
    for word in help.split(whereSeparator: { !$0.isLetter && $0 != "-" })
    where word.hasPrefix("--") && word.count > 2 {
      #expect(page.contains(word), "\(word)")
    }
  }

  @Test func `a section is one text in the help and in the page, with its lines broken anew`() {
    let section = HelpSection(
      "INPUT",
      intro: """
        One line
        and 64 more.

        Another paragraph.
        """,
      rows: [("0", "fine"), ("a term that is longer", "said below it")], outro: "The end.")
    #expect(
      section.text == """
        INPUT
          One line and 64 more.

          Another paragraph.
          0  fine
          a term that is longer
             said below it
          The end.

        """)
    var page = Mdoc()
    page.section(section)
    #expect(
      page.text == """
        .Sh INPUT
        One line and 64 more.
        .Pp
        Another paragraph.
        .Pp
        .Bl -tag -width 2n -compact
        .It "\\&0"
        fine
        .It "\\&a term that is longer"
        said below it
        .El
        .Pp
        The end.

        """)
  }

  /// Tables of the README that are made from what the commands say; `Q_RECORD=1` writes them anew.
  @Test(arguments: [
    ("exit status of the handler", "outcome", Work.help, "THE HANDLER'S EXIT STATUS"),
    ("exit status of the commands", "meaning", Q.help, "EXIT STATUS"),
  ])
  func `the README says the same`(
    head: String, meaning: String, help: CommandHelp, title: String
  ) throws {
    func marked(_ text: String) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .replacing(/(--[a-z][a-z-]+|\bq-[a-z]+( --[a-z]+)?|\/proc)/) { "`\($0.output.0)`" }
    }
    let section = try #require(help.sections.first { $0.title == title })
    let table =
      (["| \(head) | \(meaning) |", "|---|---|"]
      + section.rows.map { "| \(marked($0.term)) | \(marked($0.text)) |" }).joined(separator: "\n")
    let file = "\(Shell.checkout)/README.md"
    let readme = try String(contentsOfFile: file, encoding: .utf8)
    let start = try #require(readme.range(of: "| \(head) |")).lowerBound
    let end = try #require(readme.range(of: "\n\n", range: start..<readme.endIndex)).lowerBound
    if ProcessInfo.processInfo.environment["Q_RECORD"] != nil {
      try readme.replacingCharacters(in: start..<end, with: table)
        .write(toFile: file, atomically: true, encoding: .utf8)
    } else {
      #expect(readme[start..<end] == table)
    }
  }

  @Test func `nothing in a text is taken for roff`() throws {
    var page = Mdoc()
    page.macro("Dd \(versionDate)")
    page.macro("Dt X 1")
    page.macro("Os")
    page.macro("Sh NAME")
    page.macro("Nm x")
    page.macro("Nd y")
    page.macro("Sh DESCRIPTION")
    let text = [".Sh", "'br", #"\fB"#, "`-x`", "^~", #""a""#]
    page.literal(text)
    page.list(width: 4, isCompact: true, [(Mdoc.quoted("Fl"), "term")])
    let shell = try Shell()
    try page.text.write(toFile: "\(shell.directory)/page", atomically: true, encoding: .utf8)
    for program in ["groff -mandoc -ww -T ascii -P -c", "mandoc -T ascii"] {
      let shown = try shell.run("\(program) page | \(Self.plain)")
      #expect(shown.error == "")
      for line in text + ["Fl"] { #expect(shown.output.contains("     \(line)"), "\(line)") }
    }
  }

  @Test func `the Makefile and the package name the commands there are`() throws {
    func text(_ file: String) throws -> String {
      try String(contentsOfFile: "\(Shell.checkout)/\(file)", encoding: .utf8)
    }
    let verbs = Commands.all.map { $0.verb }
    #expect(Shell.verbs == verbs)
    let list = try text("Makefile").firstMatch(of: /\nVERBS := ([a-z ]+)\n/)
    #expect(list?.1.split(separator: " ").map(String.init) == verbs)
    let products = try text("Package.swift").firstMatch(of: /\nlet commands = \[([^\]]+)\]/)
    let names = products?.1.matches(of: /"([^"]+)"/).map { String($0.1) }
    #expect(names == ["q"] + verbs.map { "q-\($0)" })
  }
}

extension CommandHelp: CustomTestStringConvertible {
  public var testDescription: String { name }
}
