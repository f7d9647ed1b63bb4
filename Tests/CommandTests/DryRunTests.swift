import Testing

@Suite struct DryRunTests {
  @Test func `the commands are shown as they can be pasted, and nothing is claimed`() throws {
    let shell = try Shell()
    try shell.run(
      #"printf 'a b\0$(rm)\0it'"'"'s\0x\ny\0' | q-enqueue -0 --quiet; echo due | q-enqueue --quiet --delay 1h"#
    )
    let shown = try shell.run("q-work --dry-run printf '<%s>\\n' {} {#}")
    #expect(
      shown.output == #"""
        printf '<%s>\n' 'a b' 1
        printf '<%s>\n' '$(rm)' 2
        printf '<%s>\n' 'it'\''s' 3
        printf '<%s>\n' $'x\ny' 4

        """#)
    try shell.run("q-work --dry-run printf '<%s>\\n' {} > commands")
    #expect(try shell.run("bash commands").output == "<a b>\n<$(rm)>\n<it's>\n<x\ny>\n")
    #expect(try shell.run("q-work --dry-run --limit 1 echo").output == "echo 'a b'\n")
    #expect(
      try shell.run("q-stats | head -3").output == "pending    4\ndelayed    1\nprocessing 0\n")
  }

  @Test func `payloads are shown as they are given`() throws {
    let shell = try Shell()
    try shell.run(#"printf 'a\tone\ttwo\nb\tx\n' | q-enqueue --tsv --quiet"#)
    #expect(
      try shell.says("q-work --dry-run --tsv echo {1}:{2}; q-work --dry-run cat --") == #"""
        printf %s $'one\ttwo' | echo one:two
        printf %s $'one\ttwo' | cat -- a
        printf %s x | cat -- b
        q-work: b: no column {2}: the payload has 1
        => 0
        """#)
    #expect(try shell.run("q-work --quiet --tsv --max-attempts 1 -j1 echo {2}").output == "two\n")
    #expect(try shell.run("q-list failed").output == "b\n")
  }
}
