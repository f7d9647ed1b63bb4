import Testing

/// What items give back, as a user meets it.
@Suite struct ResultTests {
  @Test func `results come in the order of ends, in each form`() throws {
    let shell = try Shell()
    try shell.run(
      #"""
      printf '%s\n' a '{"x":1}' fail empty | q-enqueue --quiet
      q-work --quiet -j1 --collect --max-attempts 1 -- sh -c '
        case $1 in fail) echo no >&2; exit 1;; empty) ;; *) printf "%s\n\n" "$1"; esac' sh
      """#)
    #expect(try shell.says("q-results") == "a\n\n{\"x\":1}\n\n\n=> 0")
    #expect(try shell.says("q-results --raw | tr '\\n' ,") == "a,,{\"x\":1},,=> 0")
    #expect(try shell.says("q-results -0 | tr '\\n\\0' ,.") == "a,,.{\"x\":1},,..=> 0")
    let json = try shell.run("q-results --json | sed -E 's/\"(ended|duration_ms)\":[^,]*,//g'")
      .output
    #expect(
      json == #"""
        {"end":1,"queue":"default","id":"a","status":"done","attempts":1,"exit":0,"result":"a\n\n"}
        {"end":2,"queue":"default","id":"{\"x\":1}","status":"done","attempts":1,"exit":0,"json":{"x":1}}
        {"end":3,"queue":"default","id":"fail","status":"failed","attempts":1,"exit":1,"note":"no"}
        {"end":4,"queue":"default","id":"empty","status":"done","attempts":1,"exit":0,"result":""}

        """#, "\(json)")
    #expect(try shell.run("q-results --json --status failed | wc -l").output == "1\n")
    let some = try shell.run("q-results empty a fail none")
    #expect(some.output == "\na\n\n" && some.status == 66)
    #expect(some.error.contains("it gave nothing back: fail\n"))
    #expect(some.error.contains("no such item: none\n"))
    #expect(try shell.run("q-check").status == 0)
  }

  @Test func `answers of streams and settlements have results`() throws {
    let shell = try Shell()
    let result = try shell.run(
      #"""
      seq 3 | q-enqueue --quiet
      q-work --quiet -j1 --limit 2 --stream=json -- sh -c '
        read -r l; echo "{\"status\":0,\"result\":\"5\"}"
        while read -r l; do printf "%s\n" "{\"status\":0,\"result\": [1, {\"a\":null}] }"; done'
      printf 'from a file' > r; q-claim --quiet | q-settle --quiet done --result-file r
      seq 4 5 | q-enqueue --quiet; q-claim --quiet -n 2 --json | jq -c '{token, result: .id}' \
        | q-settle --quiet --json done
      q-results; q-results --json | grep -oE '"(json|result)":.*'
      """#)
    #expect(
      result.output == #"""
        5
        [1, {"a":null}]
        from a file
        4
        5
        "result":"5"}
        "json":[1, {"a":null}]}
        "result":"from a file"}
        "result":"4"}
        "result":"5"}

        """#, "\(result)")
  }

  @Test func `too much is refused, and the item fails for good`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 2 | q-enqueue --quiet
      q-work --quiet -j1 --collect --collect-limit 1K -- sh -c 'head -c 102$((3 + $1)) /dev/zero' sh
      q-results | wc -c; q-show 2 | grep message; seq 3 | q-enqueue --quiet
      q-work --quiet -j1 --collect --collect-limit 1K --stream=json -- sh -c '
        while read -r l; do printf "{\\"status\\":0,\\"result\\":\\"%01025d\\"}\\n" 0; done'
      q-show 3 | grep message
      """)
    #expect(
      result.output == """
        1025
        message   collect: it gave back 1025 bytes, and 1024 may be
        message   collect: it gave back 1025 bytes, and 1024 may be

        """, "\(result)")
  }

  @Test func `a reader sees every end, and no end twice unless it is killed`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 3000 | q-enqueue --quiet
      q-work --quiet -j2 --collect --limit 1000 -- echo
      q-results --reader sink > one; q-results --reader sink > none; wc -l < one; wc -l < none
      q-results --reader other | wc -l
      q-results --reader sink --follow > two & sink=$!
      q-work --quiet -j2 --collect -- echo
      until [ $(wc -l < two) = 2000 ]; do sleep 0.01; done; kill $sink; wait $sink
      cat one two | sort -n | cksum; seq 3000 | cksum; q-results --reader sink; q-check
      """)
    #expect(
      result.output == """
        1000
        0
        1000
        \(Self.sum)
        \(Self.sum)

        """, "\(result)")
    // Its output cannot be written: it is not remembered.
    let full = try shell.run(
      "q-results --reader third > /dev/full; q-results --reader third | wc -l")
    #expect(full.output == "3000\n" && full.error.contains("cannot write to standard output"))
  }

  @Test func `a reader that follows begins anew in another queue of the same name`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 3 | q-enqueue --quiet; q-work --quiet -j1 --collect -- echo
      q-results --reader sink --follow > out & sink=$!; until [ $(wc -l < out) = 3 ]; do sleep 0.01; done
      q-remove --quiet --all --yes; seq 4 5 | q-enqueue --quiet; q-work --quiet -j1 --collect -- echo
      until [ $(wc -l < out) = 5 ]; do sleep 0.01; done; kill $sink; wait $sink
      cat out; q-results --reader sink | wc -l; q-check --quiet
      """)
    #expect(result.output == "1\n2\n3\n4\n5\n0\n", "\(result)")
  }

  private static let sum = "682271793 13893"

  @Test(arguments: [
    ("q-results --status pending", "--status is done or failed"),
    ("q-results --json --raw", "exclude each other"),
    ("q-results --follow a", "name no ids"), ("q-results --reader .x", "1 to 64 letters"),
    ("q-work --collect -n 2 true", "--collect is for a process an item"),
    ("q-work --collect --stream true", "--stream=json"),
    ("q-work --collect --emit x true", "exclude each other"),
    ("q-work --collect-limit 1M true", "--collect-limit needs --collect"),
    ("q-work --collect --collect-limit 17M true", "at most 16M"),
  ])
  func `what means nothing is refused`(line: String, words: String) throws {
    let shell = try Shell()
    let result = try shell.run("seq 1 | q-enqueue --quiet; \(line)")
    #expect(result.status == 64 && result.error.contains(words), "\(result)")
  }
}
