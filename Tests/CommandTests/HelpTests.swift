import Foundation
import Testing

/// Every help text, to the letter, against `fixtures/help`. `Q_RECORD=1` writes them anew.
@Suite struct HelpTests {
  @Test(arguments: ["q", "q help"] + Shell.verbs.map { "q-" + $0 })
  func `the help is what the fixture says`(command: String) throws {
    let shell = try Shell()
    let said = try shell.run("\(command) --help")
    #expect(said.status == 0)
    #expect(said.error == "")
    let file = URL(
      filePath: "\(Shell.checkout)/fixtures/help/\(command.replacing(" ", with: "-")).txt")
    if ProcessInfo.processInfo.environment["Q_RECORD"] != nil {
      try Data(said.output.utf8).write(to: file)
    }
    #expect(said.output == String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }

  @Test func `a verb behind q, its help topic and its own name are one command`() throws {
    let shell = try Shell()
    let help = try shell.run("q-stats --help")
    #expect(try shell.run("q stats --help") == help)
    #expect(try shell.run("q help stats") == help)
    #expect(try shell.run("q help q-stats") == help)
    #expect(try shell.run("q help").output == shell.run("q --help").output)
  }

  @Test func `an unknown verb or topic is a usage error that names the verbs`() throws {
    let shell = try Shell()
    let expected = """
      q: no such command: bogus: there are \(Shell.verbs.joined(separator: ", "))
      => 64
      """
    #expect(try shell.says("q bogus") == expected)
    #expect(try shell.says("q help bogus") == expected)
    #expect(try shell.says("q help bogus --man") == expected)
    #expect(try shell.says("q help --completions fish bogus") == expected)
  }

  @Test func `an unknown option is a usage error in one line and a hint`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("q-stats --bogus") == """
        q-stats: Unknown option '--bogus'
        Try 'q-stats --help' for its options and examples.
        => 64
        """)
  }

  @Test func `help that cannot be given is a usage error`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("q help work --man --completions fish") == """
        q help: --man and --completions exclude each other
        Try 'q help --help' for its options and examples.
        => 64
        """)
    #expect(
      try shell.says("q help --completions tcsh") == """
        q help: The value 'tcsh' is invalid for '--completions <SHELL>'. Please provide one of 'bash', \
        'zsh' or 'fish'.
        Try 'q help --help' for its options and examples.
        => 64
        """)
    #expect(try shell.run("q help work --man > /dev/full").status == 74)
  }

  @Test func `every command tells its version`() throws {
    let shell = try Shell()
    for command in ["q", "q-enqueue", "q-work", "q-stats", "q-check"] {
      #expect(try shell.says("\(command) --version") == "\(command) 0.1.0\n=> 0")
    }
  }
}
