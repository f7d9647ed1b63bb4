import Testing

/// What keeps the tests from leaving processes behind: `.ci/leaves-nothing.sh`.
@Suite struct LeftoverTests {
  private static let script = "\(Shell.checkout)/.ci/leaves-nothing.sh"

  @Test(arguments: [
    ("sleep 61.5 &", 0), ("setsid sleep 61.5 & exit 3", 3), ("sleep 61.5 & kill -KILL $$", 137),
    ("cd $TMPDIR; mkdir in; cd in; env -i sleep 61.5 & rm -rf in", 0),
    ("trap '' TERM; sleep 61.5 & sleep 61.5", 137),
  ])
  func `what is left is named and ended, and the tests have failed`(line: String, status: Int)
    throws
  {
    let shell = try Shell()
    let found = try shell.run(
      """
      TMPDIR=$PWD TEST_LIMIT=3 TEST_PATIENCE=1 bash '\(Self.script)' bash -c \(quoted(line)) 2>&1; echo $?
      grep -lzx "TEST_SHELL=$PWD" $(pgrep -x sleep | sed 's|.*|/proc/&/environ|') /dev/null; ls
      """)
    #expect(found.output.contains("the tests have left processes behind:"), "\(found)")
    #expect(found.output.contains(" sleep 61.5\n"))
    #expect(found.output.hasSuffix("\n\(status == 0 ? 1 : status)\n"), "\(found)")
  }

  @Test(arguments: [0, 3]) func `what leaves nothing has its own status`(status: Int) throws {
    let shell = try Shell()
    let line = "sleep 0.3 & mkdir $TMPDIR/in; exit \(status)"
    let found = try shell.run("TMPDIR=$PWD bash '\(Self.script)' bash -c '\(line)'; echo $?; ls")
    #expect(found.output + found.error == "\(status)\n", "\(found)")
  }

  private func quoted(_ line: String) -> String { "'\(line.replacing("'", with: #"'\''"#))'" }
}
