import Foundation
import Testing

@testable import QueueCommands

/// The manual pages, in the two programs that show such pages.
@Suite struct ManualTests {
  /// What `q help` is asked for: nothing is `q` itself.
  static let topics = [""] + commands.map(\.verb)
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

  @Test func `an exit status is a term of a list, whether one space follows it or more`() {
    let section = HelpSection.sections(
      of: """
        EXIT STATUS
          0  fine
          64 usage
          69, 77, 78
             a store that
             cannot be used
          After a signal it dies
          of that signal.
        """)
    #expect(
      section.first?.blocks == [
        .list([
          .init(term: "0", text: ["fine"]), .init(term: "64", text: ["usage"]),
          .init(term: "69, 77, 78", text: ["a store that", "cannot be used"]),
        ]),
        .paragraph(["After a signal it dies", "of that signal."]),
      ])
  }

  @Test func `paragraphs stay text, and lines below a colon stay as they are`() {
    let sections = HelpSection.sections(
      of: """
        Before any heading.

        INPUT
          One line
          and 64 more.

          Like this:
            {"a": 1}
              {}
        NEXT
          last
        """)
    #expect(sections.map(\.title) == ["", "INPUT", "NEXT"])
    #expect(
      sections[1].blocks == [
        .paragraph(["One line", "and 64 more."]), .paragraph(["Like this:"]),
        .literal([#"{"a": 1}"#, "  {}"]),
      ])
  }

  @Test func `nothing in a text is taken for roff`() throws {
    var page = Mdoc()
    page.macro("Dd \(versionDate)")
    page.macro("Dt X 1")
    page.macro("Os")
    page.section("NAME")
    page.macro("Nm x")
    page.macro("Nd y")
    page.section("DESCRIPTION")
    let text = [".Sh", "'br", #"\fB"#, "`-x`", "^~", #""a""#]
    page.literal(text)
    page.list(width: 4, isCompact: true, [(Mdoc.quoted("Fl"), ["term"])])
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
    let verbs = commands.map(\.verb)
    #expect(Shell.verbs == verbs)
    let list = try text("Makefile").firstMatch(of: /\nVERBS := ([a-z ]+)\n/)
    #expect(list?.1.split(separator: " ").map(String.init) == verbs)
    let products = try text("Package.swift").firstMatch(of: /\nlet commands = \[([^\]]+)\]/)
    let names = products?.1.matches(of: /"([^"]+)"/).map { String($0.1) }
    #expect(names == ["q"] + verbs.map { "q-\($0)" })
  }
}
