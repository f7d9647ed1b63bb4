import Testing

/// What every command says of a store that it cannot use.
@Suite struct StoreTests {
  @Test(arguments: [
    ("echo x > file", "file", 69, "not a store: DIR/file: it is a file; a store is a directory"),
    (
      "mkdir other; touch other/x", "other", 69,
      "not a store: DIR/other: it has other contents; name another directory"
    ),
    ("mkdir empty", "empty", 66, "no store: DIR/empty: the directory is empty"),
    ("true", "none", 66, "no store: DIR/none: q-enqueue makes one"),
    (
      "seq 999 | q-enqueue --quiet -s s; truncate -s 20000 s/env.0/data.mdb", "s", 65,
      "the store is damaged: DIR/s: its data file is cut short"
    ),
    (
      "echo a | q-enqueue --quiet -s s; : > s/env.0/data.mdb", "s", 65,
      "the store is damaged: DIR/s: its data file is cut short"
    ),
    (
      "echo a | q-enqueue --quiet -s s; head -c 99999 /dev/zero | tr '\\0' x > s/env.0/data.mdb",
      "s", 65, "the store is damaged: DIR/s: its data file is not LMDB's"
    ),
    (
      "echo a | q-enqueue --quiet -s s; rm s/env.0/data.mdb", "s", 65,
      "the store is damaged: DIR/s/env.0/data.mdb is missing"
    ),
  ])
  func `a store that cannot be used is named with the reason`(
    prepare: String, store: String, status: Int32, message: String
  ) throws {
    let shell = try Shell()
    try shell.run(prepare)
    for command in ["q-stats", "q-check", "q-work true"] {
      let name = command.split(separator: " ")[0]
      let words = command.split(separator: " ").dropFirst().joined(separator: " ")
      #expect(
        try shell.says("\(name) -s \(store) \(words)") == "\(name): \(message)\n=> \(status)")
    }
  }

  @Test func `a store is made in an empty directory, and nowhere without a parent`() throws {
    let shell = try Shell()
    #expect(try shell.run("mkdir e; echo a | q-enqueue --quiet -s e").status == 0)
    #expect(
      try shell.says("echo a | q-enqueue -s no/where") == """
        q-enqueue: cannot create a store: DIR/no/where: No such file or directory: make the directory \
        that is to hold it first
        => 73
        """)
    #expect(try shell.run("ls -A | grep new").status == 1)
  }

  @Test func `a store can be named with its engine, and an unknown engine names the known ones`()
    throws
  {
    let shell = try Shell()
    #expect(
      try shell.says(
        "echo a | q-enqueue --quiet -s lmdb:s && q-stats -s s | grep -c '^pending *1$'")
        == "1\n=> 0")
    let refusal = """
      q-stats: no store can be at redis:s: an address is a directory, or lmdb:DIR, postgres://HOST/DATABASE, \
      postgresql://HOST/DATABASE; a directory with a colon in its name is ./redis:s
      Try 'q-stats --help' for its options and examples.
      => 64
      """
    #expect(try shell.says("q-stats -s redis:s") == refusal)
    #expect(try shell.says("Q_STORE=redis:s q-stats") == refusal)
    #expect(!(try shell.run("q-stats -s postgress://ann:secret@h/d").error.contains("secret")))
    #expect(
      try shell.says("echo a | q-enqueue --quiet -s ./redis:s; ls -d redis:s") == "redis:s\n=> 0")
  }

  @Test func `a queue name that could not be a file's is refused`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("q-stats -q '../x'") == """
        q-stats: The value '../x' is invalid for '--queue <NAME>': it takes 1 to 64 letters, digits, _, . \
        and -, the first no . or -
        Try 'q-stats --help' for its options and examples.
        => 64
        """)
    #expect(try shell.run("q-stats -s ''").status == 64)
  }

  @Test func `processes that make one store at once make one store`() throws {
    let shell = try Shell()
    try shell.run("for n in 1 2 3 4 5 6 7 8; do echo $n | q-enqueue --quiet & done; wait")
    #expect(try shell.run("q-stats | tail -1").output == "total      8\n")
    #expect(try shell.run("ls -A | grep -c new").output == "0\n")
  }
}
