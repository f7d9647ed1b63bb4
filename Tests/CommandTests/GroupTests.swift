import Testing

/// Groups as a user meets them: limits by host, rests, and what shows and changes them.
@Suite struct GroupTests {
  private func shell(_ urls: String) throws -> Shell {
    let shell = try Shell()
    try shell.run("printf '\(urls)' | q-enqueue --quiet --group-by host")
    return shell
  }

  /// The first column of `q-stats --groups` and so on, of one group.
  private static func column(_ number: Int, of group: String) -> String {
    "q-stats --groups | awk '$NF == \"\(group)\" { print $\(number) }'"
  }

  @Test(arguments: [
    ("host", "https://Example.COM/x", "example.com"),
    ("host", "http://user:pw@a.b:8080/x?y#z", "a.b"), ("host", "ftp://[::1]:21/x", "[::1]"),
    ("host", "s3://bucket", "bucket"), ("host", "http://a?b@c", "a"),
    ("dir", "photos/2024/a.jpg", "photos/2024"), ("dir", "a.jpg", "."), ("dir", "/a", "/"),
    ("dir", "/", "/"), ("dir", "x/y//", "x"), ("ext", "a/b.tar.gz", "gz"),
    ("ext", "a.b/c", "null"), ("ext", ".profile", "null"), ("ext", "x/y.JPG", "JPG"),
  ])
  func `a group is found in an id`(by: String, id: String, group: String) throws {
    let shell = try Shell()
    try shell.run("echo '\(id)' | q-enqueue --quiet --group-by \(by)")
    let shown = try shell.run("q-list --json").output
    #expect(
      group == "null"
        ? !shown.contains("\"group\"") : shown.contains("\"group\":\"\(group)\""), "\(shown)")
  }

  @Test(arguments: ["example.com/x", "mailto:a@b", "http:///x", "://x", "", " https://x"])
  func `an id without a host is a bad line, and the others are in`(id: String) throws {
    let shell = try Shell()
    let result = try shell.run("printf '%s\\nhttp://ok/\\n' '\(id)' | q-enqueue --group-by host")
    #expect(try shell.run("q-list").output == "http://ok/\n")
    if !id.isEmpty {
      #expect(result.status == 65 && result.error.contains("line 1: its id has no host"))
    }
  }

  @Test func `columns and members name groups, empty and null ones none`() throws {
    let shell = try Shell()
    try shell.run(#"printf 'a\tx\tT\nb\ty\t\nc\tz\tU\tV\n' | q-enqueue --quiet --tsv --group-by 3"#)
    #expect(
      try shell.run("q-stats --groups | awk '{ print $NF }'").output == "group\n(none)\nT\nU\n")
    let bad = try shell.run(#"printf 'd\n' | q-enqueue --tsv --group-by 3"#)
    #expect(bad.status == 65 && bad.error.contains("line 1: it has no column 3: it ends with 1"))
    try shell.run(
      """
      printf '%s\\n' '{"i":1,"t":"\\u00e4"}' '{"i":2,"t":7}' '{"i":3,"t":null}' \
        | q-enqueue --quiet -q j --jsonl --id-key i --group-by .t
      """)
    #expect(
      try shell.run("q-stats -q j --groups | awk '{ print $NF }'").output
        == "group\n(none)\n\u{e4}\n7\n")
    for (object, words) in [
      (#"{"i":4}"#, "the object has no t"),
      (#"{"i":5,"t":[1]}"#, "neither text nor a whole number"),
      (#"{"i":6,"t":"a\nb"}"#, "its group contains NUL or a newline"),
    ] {
      let result = try shell.run(
        "printf '%s\\n' '\(object)' | q-enqueue -q j --jsonl --id-key i --group-by .t")
      #expect(result.status == 65 && result.error.contains(words), "\(result)")
    }
  }

  @Test(arguments: [
    ("--group-by 2", "--group-by 2 is a column: it needs --tsv"),
    ("--group-by .x", "--group-by .x is a member of objects: it needs --jsonl"),
    ("--group-by user", "it takes host, dir, ext, the number of a column of --tsv, or .NAME"),
    ("--group ''", "it takes a group's name: 1 to 500 bytes without a newline"),
    ("--group a --group-by host", "--group and --group-by exclude each other"),
  ])
  func `what means nothing is refused`(options: String, words: String) throws {
    let result = try Shell().run("echo x | q-enqueue \(options)")
    #expect(result.status == 64 && result.error.contains(words), "\(result)")
  }

  /// Fails when three of a host run at once, and notes the most that did.
  private static let watched = """
    d=run.$(echo $1 | cut -d/ -f3); mkdir -p $d; : > $d/$$; ls $d | wc -l >> most
    sleep 0.02; rm $d/$$
    """

  @Test(arguments: ["-j12", "-j4 -n 5", "-j6 --keep-order"])
  func `no more of a host run than its limit, of several workers together`(options: String) throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      for h in a b c; do for i in $(seq 12); do echo https://$h/$i; done; done \
        | q-enqueue --quiet --group-by host
      q-config group-limit=2
      printf '%s\\n' 'for id; do' '\(Self.watched)' 'shift; done' | sed 's/\\$1/$id/' > h.sh
      for w in 1 2 3; do q-work --quiet \(options) -- sh h.sh & done; wait
      sort -rn most | head -n 1; q-list done | wc -l
      """)
    // A process of many items runs them one by one.
    #expect(result.output == "2\n36\n", "\(result)")
  }

  @Test func `a handler's rest holds its host, and the others go on`() throws {
    let shell = try shell(#"https://a/1\nhttps://a/2\nhttps://b/1\nhttps://b/2\n"#)
    let result = try shell.run(
      """
      q-work -j1 --quiet --no-wait -- sh -c '
        echo $1; case $1 in https://a/1) echo "rest 1h" >> "$Q_CONTROL";; esac' sh & w=$!
      until [ "$(q-stats | awk '/^done/ { print $2 }')" = 3 ]; do sleep 0.01; done
      \(Self.column(7, of: "a")); kill $w; wait $w
      """)
    let lines = result.output.split(separator: "\n")
    #expect(lines.prefix(3) == ["https://a/1", "https://b/1", "https://b/2"], "\(result)")
    // As long as it rests yet.
    #expect(lines.count == 4 && (lines[3].hasPrefix("59m") || lines[3].hasPrefix("1h")), "\(lines)")
    #expect(try shell.run("q-list pending").output == "https://a/2\n")
  }

  @Test func `a rest of an item without a group holds its queue`() throws {
    let shell = try Shell()
    try shell.run("seq 2 | q-enqueue --quiet")
    let result = try shell.run(
      """
      q-work -j1 --quiet -- sh -c 'date +%s%N; [ $1 = 2 ] || echo "rest 300ms" >> "$Q_CONTROL"' sh
      """)
    let moments = result.output.split(separator: "\n").compactMap { Int($0) }
    #expect(result.status == 0 && moments.count == 2)
    #expect(moments.count == 2 && moments[1] - moments[0] >= 300_000_000, "\(moments)")
  }

  @Test func `a handler that streams lets a host rest with its answer`() throws {
    let shell = try shell(#"https://a/1\nhttps://a/2\nhttps://b/1\n"#)
    try shell.run("q-config group-limit=1")
    let result = try shell.run(
      """
      q-work -j1 --quiet --stream=json -- sed -u 's/.*a.1.*/{"status":0,"rest":"1h"}/; t; s/.*/{"status":0}/' & w=$!
      until [ "$(q-stats | awk '/^done/ { print $2 }')" = 2 ]; do sleep 0.01; done
      q-list pending; kill $w; wait $w
      """)
    #expect(result.output == "https://a/2\n")
  }

  @Test func `groups are shown, set, listed, retried and removed by name`() throws {
    let shell = try shell(#"https://a/1\nhttps://a/2\nhttps://b/1\n"#)
    try shell.run("q-config group-limit=3 group-rate=5/s; q-config --group a limit=1 rate=2/m")
    #expect(try shell.run("q-config --group a").output == "limit=1\nrate=2/m\n")
    #expect(try shell.run("q-config --group a limit").output == "1\n")
    #expect(
      try shell.run("q-config --group a --json").output
        == #"{"version":1,"queue":"default","group":"a","limit":1,"rate":"2/m"}"# + "\n")
    #expect(
      try shell.run("q-config group-rate= && q-config --group a rate= && q-config --group a rate")
        .output == "\n")
    try shell.run("q-work --quiet --max-attempts 1 -- false")
    #expect(try shell.run("q-list failed --group a").output == "https://a/1\nhttps://a/2\n")
    #expect(
      try shell.run("q-retry --group a --json --quiet").output.contains(#""retried":2"#))
    #expect(
      try shell.run("q-stats --groups").output.contains(
        "       0        1        2        0        0        0        -  a\n"))
    let asked = try shell.run("q-remove --group b")
    #expect(
      asked.status == 64 && asked.error.contains("this would remove 1 item from queue default"))
    #expect(try shell.run("q-remove --group b --status pending --yes").error == "0 removed\n")
    #expect(try shell.run("q-remove --group b --yes").error == "1 removed\n")
    #expect(try shell.run("q-show https://a/1 | grep group").output == "group     a\n")
    for verb in ["q-list --group", "q-retry --group", "q-remove --yes --group", "q-config --group"]
    {
      let none = try shell.run("\(verb) nowhere")
      #expect(
        none.status == 66
          && none.error.contains("no such group: nowhere: in queue default: q-stats --groups"),
        "\(verb): \(none)")
    }
    let key = try shell.run("q-config --group a workers=3")
    #expect(key.status == 64 && key.error.contains("there are limit, rate"))
    #expect(try shell.run("q-check").status == 0)
  }

  /// What another one was quicker with was not asked for by id: nothing is wrong with it.
  @Test(arguments: ["retry", "remove --yes"])
  func `two that change a group at once share its items`(verb: String) throws {
    let shell = try Shell()
    let result = try shell.run(
      #"""
      seq 20000 | q-enqueue --quiet --group g
      q-work --quiet --max-attempts 1 -n 1000 -- false
      for n in 1 2; do (q-\#(verb) --quiet --json --group g > $n; echo $? > $n.status) & done; wait
      cat 1.status 2.status
      sed 's/.*"re[a-z]*":\([0-9]*\),"refused":0,"missing":0.*/\1/' 1 2 \
        | awk '{ sum += $1 } END { print sum }'
      """#)
    #expect(result.output == "0\n0\n20000\n", "\(result)")
  }

  @Test func `a worker does not wait for a group that only a lease holds`() throws {
    let shell = try shell(#"https://a/1\nhttps://a/2\n"#)
    let result = try shell.run(
      "q-config group-limit=1; q-claim --lease 1h --quiet > /dev/null; q-work --quiet -- true")
    #expect(
      result.status == 75
        && result.error.contains("1 of groups that are at their limits, 1 leased by q-claim"),
      "\(result)")
    let none = try shell.run("q-claim")
    #expect(none.status == 75, "\(none)")
  }
}
