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

  @Test(arguments: ["q"] + Shell.verbs.map { "q-" + $0 })
  func `every command tells its version, formats, LMDB's version and limits`(command: String) throws
  {
    let shell = try Shell()
    let said = try shell.says("\(command) --version")
    let pattern = """
      \(command) 0.1.0
      formats  reads 1 to 2, writes 2
      lmdb     VERSION, a store at most 1 TiB, 2048 readers at once
      limits   an id 65,535 bytes, a payload 16 MiB, a result 16 MiB, what a run emits 10,000 items of 16 MiB, \
      the name of a queue 64 bytes, of a group or batch 500
      => 0
      """
    #expect(said.replacing(/0\.[0-9]+\.[0-9]+(?=,)/, with: "VERSION") == pattern)
  }

  @Test func `the version that packages and archives take is that of the commands`() throws {
    let shell = try Shell()
    let text = try shell.run("make -s -C '\(Shell.checkout)' version").output
    #expect(text == "0.1.0\n")
    #expect(try shell.run("q --version").output.hasPrefix("q \(text)"))
  }
}
