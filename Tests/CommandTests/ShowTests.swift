import Testing

@Suite struct ShowTests {
  @Test func `an item is shown with its last run`() throws {
    let shell = try Shell()
    try shell.run(
      """
      printf 'a\\tpay\\n' | q-enqueue --quiet --tsv
      q-work --quiet --max-attempts 1 -- sh -c 'echo out; echo "no $1" >&2; exit 4' sh
      """)
    let text = try shell.run("q-show a").output
    for line in [
      "id        a\n", "status    failed\n", "payload   3 bytes\n", "attempts  1\n",
      "why       no a\n", "exit      4\n", "message   no a\n",
      "kept      4 bytes of stdout, 5 bytes of stderr: --output\n",
    ] {
      #expect(text.contains(line), "\(line) in \(text)")
    }
    #expect(try shell.says("q-show --payload a") == "pay=> 0")
    #expect(try shell.says("q-show --output a") == "out\nno a\n=> 0")
    let json = try shell.run("q-list failed | q-show --json").output
    #expect(json.contains(#""status":"failed""#) && json.contains(#""exit":4"#))
  }

  @Test func `what is not there is named, the rest is shown`() throws {
    let shell = try Shell()
    try shell.run("seq 2 | q-enqueue --quiet")
    let said = try shell.run("q-show 1 x 2")
    #expect(said.status == 66)
    #expect(said.output.contains("id        1\n") && said.output.contains("\n\nid        2\n"))
    #expect(said.error.hasPrefix("q-show: no such item: x: in queue default\n"))
    #expect(
      try shell.says("q-show --output 1") == """
        q-show: nothing is kept of what it wrote: 1
        q-show: 1 id without what was asked for
        => 66
        """)
  }

  @Test func `an item in work shows its worker and its handler's processes`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet
      q-work --quiet -- sh -c 'echo $$ > pid; read -t 20 x < gate || sleep 20' sh & worker=$!
      while [ ! -s pid ]; do sleep 0.02; done
      q-show a; cat pid; kill -TERM $worker; kill -TERM $worker; kill -TERM $worker; wait $worker
      """)
    let pid = try #require(said.output.split(separator: "\n").last)
    #expect(said.output.contains(/worker    \d+, process \d+\n/))
    #expect(said.output.contains(try Regex("handler   processes .*\(pid)")), "\(said)")
  }

  @Test func `ids that are not UTF-8 are found as operands too`() throws {
    let shell = try Shell()
    try shell.run(#"printf '\377a\n\377b\n' | q-enqueue --quiet"#)
    #expect(try shell.run(#"q-show $'\377b'"#).output.hasPrefix(#"id        \xffb"#))
    #expect(try shell.run(#"q-show --json $'\377a'"#).output.contains(#""id_b64":"/2E=""#))
  }
}
