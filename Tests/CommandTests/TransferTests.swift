import Testing

/// Stores go elsewhere as lines, with everything that is known, and come back.
@Suite struct TransferTests {
  /// Queues with items in every status, of groups and batches, with payloads, outputs, results, spends and recipes.
  private static let rich = #"""
    printf 'a\t1\nb\t\nc\n\377d\tx\377y\nlong%s\tp\n' $(head -c 700 /dev/zero | tr '\0' l) |
      q-enqueue --quiet --tsv --priority 5 --batch maps
    seq 1 9 | sed 's,.*,http://h&/x,' | q-enqueue --quiet --group-by host
    printf 'sum\n' | q-enqueue --quiet -q reduce --after maps --after-any nums
    echo later | q-enqueue --quiet --delay 3h; head -c 70000 /dev/zero | tr '\0' z > big
    printf 'big\t%s\n' "$(cat big)" | q-enqueue --quiet --tsv -q other --batch nums --open
    q-config rate=600/s timeout=90s group-limit=3 budget.usd=50 keep=7d max-attempts=2
    q-config --group h1 limit=1; q-pause --quiet -q other
    timeout 20 q-work --quiet -j1 --limit 9 --no-wait --collect --keep-output all --recipe v1 --backoff 1h..2h -- sh -c '
      echo "spend usd 0.25" >> "$Q_CONTROL"; echo "emit next x$1" >> "$Q_CONTROL"; echo oops >&2
      case $1 in b) exit 3;; c) exit 65;; *d) exit 75;; esac; printf "r\377%s" "$1"' sh
    q-results --reader sink > /dev/null
    q-claim -q next > /dev/null; printf '{"token":"%s","result":{"a":[1, 2]}}\n' "$(q-claim -q next | cut -f1)" |
      q-settle --quiet --json done
    q-prune --quiet --keep 3
    """#

  /// A store's lines without what says where and when they were written; what is claimed is pending.
  private static let lines =
    #"sed -e 's/"store":"[^"]*","exported":"[^"]*"//' -e 's/"processing"\(.*\),"since":"[^"]*"/"pending"\1/'"#

  @Test func `what was exported and imported is the same, to the last byte`() throws {
    let shell = try Shell()
    let made = try shell.run(Self.rich)
    #expect(made.status == 0, "\(made)")
    #expect(try shell.run("q-stats -q next | head -3").output.contains("processing 1"))
    try shell.run("q-export > one; q-import -s new --quiet < one; q-export -s new > two")
    let difference = try shell.run("diff <(\(Self.lines) one) <(\(Self.lines) two)")
    #expect(difference.status == 0 && difference.output.isEmpty, "\(difference)")
    let kinds = try shell.run(
      "jq -r 'keys[0]' one | sort | uniq -c | awk '{print $2}' | tr '\\n' ' '")
    #expect(kinds.output == "batch exported group item pruned q_export_end queue ")
    #expect(try shell.run("q-check -s new --quiet").status == 0)
    #expect(
      try shell.run("q-results -s new --json | jq -c .end").output
        == shell.run("q-results --json | jq -c .end").output)
    #expect(try shell.run("q-results -s new --reader sink").output.isEmpty)
    #expect(
      try shell.run("q-stats -s new --budgets; q-config -s new").output
        == shell.run("q-stats --budgets; q-config").output)
    #expect(try shell.run("q-show -s new --payload -q other big | cmp - big").status == 0)
    // It can be worked on.
    #expect(
      try shell.run(
        "q-resume --quiet -s new -q other; timeout 20 q-work -s new -q other --quiet -- true"
      ).status == 0)
  }

  @Test func `a store of format 1 is in one of format 2 what it was`() throws {
    let shell = try Shell()
    let made = try shell.run(
      """
      cp -r '\(Shell.checkout)/fixtures/stores/1' old; q-export -s old > one
      q-import -s new --quiet < one; q-export -s new > two; diff <(\(Self.lines) one) <(\(Self.lines) two)
      """)
    #expect(made.status == 0 && made.output.isEmpty, "\(made)")
    #expect(try shell.run("grep -c '\"item\"' one").output == "11\n")
    #expect(try shell.run("q-check -s new --quiet").status == 0)
  }

  @Test func `what is exported in part, or is in part somebody else's, is no complete batch`()
    throws
  {
    let shell = try Shell()
    try shell.run(
      "echo m | q-enqueue --quiet -q m --batch B; echo w | q-enqueue --quiet -q w --after B")
    try shell.run(
      "q-export -q w | q-import --quiet -s part; q-export > all; q-import --quiet -s whole < all")
    #expect(try shell.run("q-work -s part -q w --quiet --no-wait -- echo ran").output == "")
    #expect(
      try shell.run(
        "q-work -s whole -q m --quiet -- true; q-work -s whole -q w --quiet -- echo ran"
      ).output == "ran w\n")
    try shell.run(
      "echo x | q-enqueue --quiet -s other -q n --batch B --open; q-import --quiet -s other < all")
    try shell.run("q-work -s other -q m --quiet -- true; q-work -s other -q n --quiet -- true")
    #expect(try shell.run("q-work -s other -q w --quiet --no-wait -- echo ran").output == "")
  }

  @Test
  func `what was spent on an item that is replaced counts once, ends of others get new numbers`()
    throws
  {
    let shell = try Shell()
    try shell.run(
      #"""
      q-enqueue --quiet < /dev/null; q-config budget.usd=1000
      echo '{"item":{"id":"b","status":"failed","spent":{"usd":"3.5"}}}' | q-import --quiet; q-export > y
      for i in 1 2 3; do q-import --quiet --on-conflict replace y; done
      seq 3 | q-enqueue --quiet -s a; q-work -s a --quiet --collect -- echo src; q-export -s a > r
      seq 11 13 | q-enqueue --quiet -s b; q-work -s b --quiet --collect -- echo dst; q-results -s b --reader R > /dev/null
      q-prune -s b --quiet --all; q-import --quiet -s b r
      """#)
    #expect(try shell.run("q-stats --budgets --json | jq -c '.budgets[0].spent'").output == "3.5\n")
    #expect(try shell.run("q-results -s b --reader R | wc -l").output == "3\n")
    #expect(try shell.run("q-check --quiet; q-check -s b --quiet").status == 0)
  }

  @Test
  func `an import that was ended halfway goes on, and one into a store that is there leaves that`()
    throws
  {
    let shell = try Shell()
    try shell.run(
      "seq 1 3000 | q-enqueue --quiet; q-work --quiet -n 100 --limit 1200 --no-wait -- true; q-export > all"
    )
    try shell.run("head -n 1500 all > part")
    let cut = try shell.run("q-import -s new < part")
    #expect(cut.status == 65 && cut.error.contains("the last line is missing"), "\(cut)")
    let rest = try shell.run("q-import -s new < all")
    #expect(rest.status == 0 && rest.error == "1,502 imported, 1,498 known\n", "\(rest)")
    #expect(
      try shell.run("q-list -s new done pending | cksum").output
        == shell.run("q-list done pending | cksum").output)
    #expect(try shell.run("q-check -s new --quiet").status == 0)
    #expect(
      try shell.run(
        "echo 7 | q-remove -s new --quiet; printf '7\\tnew\\n' | q-enqueue --quiet --tsv -s new; q-import -s new --quiet < all; q-show -s new --payload 7"
      ).output == "new")
    let error = try shell.run("q-import -s new --on-conflict error < all")
    #expect(
      error.status == 65
        && error.error.contains("q-import: refused: 1: its id is known in queue default"))
    let replaced = try shell.run("q-import -s new --on-conflict replace < all")
    #expect(replaced.error == "0 imported, 3,000 replaced\n", "\(replaced)")
    #expect(try shell.run("q-show -s new --payload 7").status == 66)
    #expect(
      try shell.run("q-export | q-import -q copy; q-stats -q copy | head -6").output
        == shell.run("q-stats | head -6").output)
  }

  @Test func `what is no line of q-export is named, and the others come`() throws {
    let shell = try Shell()
    let said = try shell.run(
      #"""
      printf '%s\n' '{"item":{"id":"good"}}' '{"item":{}}' nonsense '{"item":{"id":"x","status":"odd"}}' '{"other":1}' \
        '{"item":{"id":5}}' '{"item":{"id":"y","ended":"soon","status":"done"}}' '{"queue":{"name":"n","rate":"fast"}}' '' \
        '{"group":{"name":"g","limit":0}}' '{"item":{"id":"z","attempts":4294967295}}' \
        '{"queue":{"name":"n","next_end":18446744073709551615}}' '{"pruned":{"id":"p","fingerprint":"AA=="}}' \
        '{"item":{"id":"z","batch":"B","after":["B"]}}' '{"queue":{"name":"n","next_end":3,"readers":{"R":9}}}' |
        q-import
      """#)
    #expect(said.status == 65 && said.error.contains("1 imported, 13 bad lines"), "\(said)")
    for words in [
      "line 2: it has not an id", "line 3: it is not a JSON object",
      "line 4: its status is none of",
      "line 5: it is none of queue, item", "line 6: item.id is of another kind",
      "line 7: ended is no moment",
      "line 8: not a value for rate: fast", "line 10: a group's limit is a number from 1 on",
      "line 11: it counts more than can be", "line 12: next_end, or",
      "line 13: a fingerprint is 16 bytes",
      "line 14: a batch cannot wait for itself", "line 15: next_end, or",
    ] {
      #expect(said.error.contains(words), "\(words): \(said.error)")
    }
    #expect(try shell.run("q-list").output == "good\n")
    // What comes twice is awaited once; who says that it awaits something waits.
    try shell.run(#"echo '{"item":{"id":"w","after":["B","B"]}}' | q-import --quiet"#)
    #expect(try shell.run("q-list delayed; q-check --quiet").output == "w\n")
    let future = try shell.run(#"echo '{"q_export":2}' | q-import"#)
    #expect(future.status == 78 && future.error.contains("form 2, this program reads 1"))
    #expect(try shell.run("q-export -q none").status == 66)
    #expect(try shell.run("q-import nothing").status == 66)
  }
}
