import Testing

@Suite struct ListTests {
  @Test func `ids come in the order of work, of any choice of statuses`() throws {
    let shell = try Shell()
    try shell.run(
      """
      seq 5 | q-enqueue --quiet; echo urgent | q-enqueue --quiet --priority 1
      echo later | q-enqueue --quiet --delay 1h
      q-work --quiet --limit 3 --max-attempts 1 -j1 -- sh -c '[ "$1" != 2 ] || exit 3' sh
      """)
    #expect(try shell.says("q-list") == "urgent\n1\n2\n3\n4\n5\nlater\n=> 0")
    #expect(try shell.says("q-list failed") == "2\n=> 0")
    #expect(try shell.says("q-list done pending") == "urgent\n1\n3\n4\n5\n=> 0")
    #expect(try shell.says("q-list pending --limit 2") == "3\n4\n=> 0")
    let long = try shell.run("q-list --long failed delayed | cut -f1,2,4-").output
    #expect(long == "failed    \t1\texit 3\t2\ndelayed   \t0\tenqueued with a delay\tlater\n")
  }

  @Test func `delayed ones alone come by when they are due`() throws {
    let shell = try Shell()
    try shell.run(
      """
      echo late | q-enqueue --quiet --delay 3h; echo soon | q-enqueue --quiet --delay 1h
      echo sum | q-enqueue --quiet --batch b; echo end | q-enqueue --quiet --after b
      echo middle | q-enqueue --quiet --delay 2h --group g; echo now | q-enqueue --quiet
      """)
    #expect(try shell.says("q-list delayed") == "soon\nmiddle\nlate\nend\n=> 0")
    #expect(try shell.says("q-list delayed --limit 1") == "soon\n=> 0")
    #expect(try shell.says("q-list delayed --group g") == "middle\n=> 0")
    #expect(try shell.says("q-list delayed pending") == "late\nsoon\nsum\nend\nmiddle\nnow\n=> 0")
    // Page by page, by the last line of each; and behind an item, by its key.
    let pages = #"""
      after=; while page=$(q-list delayed --json --limit 1 $after); do
        echo "$page" | sed -n 's/.*"id":"\([a-z]*\)".*/\1/p'
        after="--after $(echo "$page" | sed -n 's/^{"next":"\(.*\)"}$/\1/p')"
        [ "$after" != "--after " ] || break
      done
      q-list delayed --after "$(q-list --json | sed -n 's/.*"id":"middle".*"key":"\([^"]*\)".*/\1/p')"
      q-list delayed --after "$(q-list --json | sed -n 's/.*"id":"now".*"key":"\([^"]*\)".*/\1/p')"
      """#
    #expect(
      try shell.says(pages)
        == "soon\nmiddle\nlate\nend\nlate\nend\nsoon\nmiddle\nlate\nend\n=> 0")
    for wrong in ["default:0000000000000001@", "default:0000000000000001@-1", "default:1@-"] {
      #expect(try shell.run("q-list --after \(wrong)").status == 64)
    }
  }

  @Test func `several queues are listed one after the other`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet; seq 2 | q-enqueue --quiet -q b")
    #expect(try shell.says("q-list -q b -q default") == "1\n2\na\n=> 0")
    #expect(try shell.says("q-list --all --long | cut -f1,6") == "default\ta\nb\t1\nb\t2\n=> 0")
    #expect(try shell.run("q-list -q nope").status == 66)
    #expect(try shell.run("q-stats -q a -q b").status == 64)
  }

  @Test func `JSON pages through everything by its key`() throws {
    let shell = try Shell()
    try shell.run("seq 1100 | q-enqueue --quiet; seq 3 | q-enqueue --quiet -q b")
    let first = try shell.run("q-list --json --all").output.split(separator: "\n")
    #expect(first.count == 1_001)
    let next = try #require(first[1_000].firstMatch(of: /^{"next":"([^"]+)"}$/)?.1)
    let rest = try shell.run("q-list --json --all --after \(next)").output
      .split(separator: "\n")
    #expect(rest.count == 103 && !rest[102].contains("next"))
    #expect(rest[0].contains(#""id":"1001""#))
    #expect(try shell.run("q-list --after nonsense").status == 64)
    #expect(try shell.run("q-list --json --limit 1100 -q default").output.contains("next") == false)
  }

  @Test func `an id with a newline in it is never read as two`() throws {
    let shell = try Shell()
    try shell.run(#"printf 'a\nb\0c\0' | q-enqueue -0 --quiet"#)
    #expect(
      try shell.says("q-list") == """
        c
        q-list: left out: an id contains a newline: a\\nb
        q-list: 1 id left out, with newlines in them: use -0 or --json
        => 65
        """)
    #expect(try shell.run("q-list -0 | tr '\\0' '#'").output == "a\nb#c#")
    #expect(try shell.run("script -qec q-list /dev/null < /dev/null").output == "a\\nb\r\nc\r\n")
  }

  @Test func `a listing ends where its reader does`() throws {
    let shell = try Shell()
    try shell.run("seq 50000 | q-enqueue --quiet")
    #expect(try shell.run("q-list 2> err | head -n 1; cat err").output.hasPrefix("1\n"))
    #expect(try shell.run("q-list > /dev/full").status == 74)
  }
}
