import Testing

/// The completion scripts, in the shells that they are for.
@Suite struct CompletionTests {
  private static let words: [(line: String, expected: String)] = [
    ("q-list --lim", "--limit"), ("q-work --max-a", "--max-attempts"), ("q resu", "resume"),
    ("q-enqueue --prio", "--priority"),
  ]

  @Test(arguments: words)
  func `bash completes`(line: String, expected: String) throws {
    let shell = try Shell()
    let parts = line.split(separator: " ")
    let verb = parts[0].replacing("q-", with: "")
    let said = try shell.run(
      """
      q help --completions bash \(verb) > script; source ./script
      COMP_WORDS=(\(line)); COMP_CWORD=1; COMP_LINE='\(line)'; COMP_POINT=\(line.utf8.count)
      _\(parts[0]) \(parts[0]) \(parts[1]) \(parts[0]); printf '%s\\n' "${COMPREPLY[@]}"
      """)
    #expect(
      said.output.split(separator: "\n").map { $0.split(separator: " ")[0] } == [expected[...]],
      "\(said)")
  }

  @Test(arguments: words)
  func `fish completes`(line: String, expected: String) throws {
    let shell = try Shell()
    let verb = line.split(separator: " ")[0].replacing("q-", with: "")
    let said = try shell.run(
      """
      q help --completions fish \(verb) > script.fish
      HOME=$PWD fish --no-config -c "source script.fish; complete -C '\(line)'"
      """)
    #expect(said.output.hasPrefix(expected), "\(said)")
  }

  @Test(arguments: words)
  func `zsh completes`(line: String, expected: String) throws {
    let shell = try Shell()
    let command = line.split(separator: " ")[0]
    let verb = command.replacing("q-", with: "")
    let said = try shell.run(
      #"""
      mkdir functions; q help --completions zsh \#(verb) > functions/_\#(command)
      cat > drive.zsh <<'END'
      zmodload zsh/zpty
      zpty z 'TERM=dumb PS1=READY zsh -f -i'
      zpty -w z "fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep"
      zpty -w z 'echo LOAD''ED'
      zpty -r -m z all '*LOADED*'
      zpty -n -w z $'\#(line)\t'
      zpty -r -m z said '*\#(expected)*'
      print -r -- "$said"
      END
      zsh -f drive.zsh
      """#, within: 60)
    #expect(said.output.contains(expected), "\(said)")
  }
}
