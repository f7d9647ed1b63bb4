import Testing

@Suite struct ManualTests {
  private static let pages = ["q"] + Shell.verbs

  @Test(arguments: pages)
  func `each command has a page that renders without a warning`(_ verb: String) throws {
    let shell = try Shell()
    #expect(try shell.run("q help --man \(verb) > page.1").status == 0)
    let page = try shell.run("MANWIDTH=80 man --warnings -l page.1 | col -bx")
    #expect(page.status == 0 && page.error == "")
    for section in [
      "NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS",
      "EXAMPLES", "SEE ALSO",
    ] {
      #expect(page.output.contains("\n\(section)\n"), "\(section)")
    }
    #expect(try shell.says("mandoc -T lint -W warning page.1") == "=> 0")
    let help = try shell.run("q \(verb) --help").output
    for option in help.matches(of: /^  (?:-., )*(--[a-z-]+)/.anchorsMatchLineEndings()) {
      let name = option.1
      if name != "--version" && name != "--help" { #expect(page.output.contains(name)) }
    }
  }

  @Test func `topics that there are not are usage errors`() throws {
    let shell = try Shell()
    #expect(try shell.run("q help --man bogus").status == 64)
    #expect(try shell.run("q help --completions tcsh").status == 64)
    #expect(try shell.run("q help work stats").status == 64)
  }

  @Test func `the build makes every command that q knows`() throws {
    let shell = try Shell()
    let words = Shell.verbs.joined(separator: " ")
    #expect(
      try shell.run("grep '^VERBS :=' \(Shell.checkout)/Makefile").output == "VERBS := \(words)\n")
    for verb in Shell.verbs { #expect(try shell.run("q-\(verb) --version").status == 0) }
  }
}
