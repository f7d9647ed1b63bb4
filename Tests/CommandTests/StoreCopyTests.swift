import Testing

/// `q-copy`, of a store in use.
@Suite struct StoreCopyTests {
  @Test func `it says what it did, and refuses what is there`() throws {
    let shell = try Shell()
    try shell.run(
      "seq 300 | q-enqueue --quiet; q-claim -n 7 --quiet; mkdir other empty; touch other/f")
    let said = try shell.says("q-copy one; q-copy empty --compact --quiet")
    #expect(
      said.contains(
        try Regex(
          #"^copied DIR/.q to DIR/one: 300 items, of which 7 were claimed and are pending; \d+ kB\n=> 0$"#
        )),
      "\(said)")
    #expect(
      try shell.says(
        "q-stats -s one | sed -n '1p;3p'; q-stats -s empty | tail -n 1; q-check -s one") == """
          pending    300
          processing 0
          total      300
          sound: 300 items in DIR/one
          => 0
          """)
    #expect(
      try shell.says("q-copy one") == """
        q-copy: cannot copy to DIR/one: a store is there: name another directory, or remove that one
        => 73
        """)
    #expect(
      try shell.says("q-copy .q/copy") == """
        q-copy: cannot copy to DIR/.q/copy: it is in the store itself: name a directory elsewhere
        => 73
        """)
    #expect(try shell.run("q-copy other").status == 73)
    #expect(try shell.run("q-copy; q-copy ''").status == 64)
    #expect(try shell.run("q-copy -s none two").status == 66)
    let json = try shell.run("q-copy --json --quiet three")
    let pattern = try Regex(
      #"^\{"version":1,"store":"DIR/.q","copy":"DIR/three","items":300,"released":7,"bytes":\d+\}\n$"#
    )
    #expect(json.output.contains(pattern) && json.error.isEmpty, "\(json)")
    #expect(try shell.run("ls .q other").output.contains("f\n"))
  }

  @Test func `the copy is worked on as if nobody had`() throws {
    let shell = try Shell()
    let said = try shell.says(
      #"""
      mkfifo go; seq 3 | q-enqueue --quiet
      q-work --quiet -j3 -- sh -c ': > run-$1; read x < go' sh {} & work=$!
      until [ -e run-1 -a -e run-2 -a -e run-3 ]; do sleep 0.05; done
      q-copy copy --quiet; q-copy small --compact --quiet
      for store in copy small; do
        q-work --quiet -s $store -- sh -c 'echo $1 $Q_ATTEMPT' sh {} | sort
        q-show -s $store --json 1 | grep -o '"losses":[0-9]*'
      done
      echo | tee go go > go; wait $work; q-stats | sed -n 4p; q-check --quiet
      """#)
    #expect(
      said == """
        1 1
        2 1
        3 1
        "losses":0
        1 1
        2 1
        3 1
        "losses":0
        done       3
        => 0
        """, "\(said)")
  }

  /// Each copy is the store at one moment: of each batch all or nothing, and of what was done what was emitted.
  @Test func `copies of a store in use are whole`() throws {
    let shell = try Shell()
    let said = try shell.says(
      #"""
      : | q-enqueue --quiet
      (for n in $(seq 40); do seq -f "$n-%g" 100 | q-enqueue --quiet; done) & enqueues=$!
      q-work --quiet --follow -j2 -n 20 --emit next -- sh -c 'for id; do echo "child-$id"; done' sh & work=$!
      while kill -0 $enqueues 2> /dev/null; do
        k=$((k + 1)); q-copy copy$k --quiet $([ $((k % 2)) = 1 ] || echo --compact) || exit
      done
      for copy in copy*; do
        q-check --quiet -s $copy || echo "$copy: $?"
        q-list pending done -s $copy | cut -d- -f1 | sort | uniq -c | awk '$1 != 100'
        diff <(q-list done -s $copy | sed 's/^/child-/' | sort) \
          <(q-list pending -s $copy -q next 2> /dev/null | sort)
      done
      [ $k -gt 1 ] && kill $work; wait; q-check --quiet
      """#)
    #expect(said == "=> 0", "\(said)")
  }
}
