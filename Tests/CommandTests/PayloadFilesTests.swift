import Testing

/// Files are payloads, and their paths ids.
@Suite struct PayloadFilesTests {
  @Test func `each file below a directory is a payload, its path is the id`() throws {
    let shell = try Shell()
    try shell.run(
      #"""
      mkdir -p d/sub/deep; printf one > d/a; printf 'two\0\377' > d/sub/b; : > d/sub/deep/empty
      printf x > "$(printf 'd/odd\377name')"; ln -s a d/link; mkfifo d/pipe; head -c 16777217 /dev/zero > d/large
      """#)
    let said = try shell.run("q-enqueue --payload-dir d/")
    #expect(
      said.status == 65 && said.error.contains("q-enqueue: cannot take d/large: it is over 16 MiB"),
      "\(said)")
    #expect(said.error.contains("4 enqueued, 0 duplicates, 1 bad line"))
    #expect(
      try shell.run(#"q-list | LC_ALL=C sort | tr '\377' '?'"#).output
        == "d/a\nd/odd?name\nd/sub/b\nd/sub/deep/empty\n")
    #expect(try shell.run("q-show --payload d/sub/b | cmp - d/sub/b").status == 0)
    #expect(
      try shell.run("timeout 20 q-work --quiet --keep-order -- sh -c 'wc -c' ").output
        == "3\n1\n5\n0\n")
    try shell.run("rm d/large; printf 2 > d/a")
    #expect(
      try shell.run("q-enqueue --payload-dir d --on-change requeue").error
        == "0 enqueued, 3 duplicates, 1 requeued\n")
    for line in ["--payload-dir none", "--payload-dir d/a"] {
      #expect(try shell.run("q-enqueue \(line)").status == 66)
    }
    #expect(try shell.run("q-enqueue --payload-dir d --tsv").status == 64)
  }
}
