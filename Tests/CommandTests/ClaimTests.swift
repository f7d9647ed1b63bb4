import Foundation
import QueueTestKit
import Testing

/// q-claim, q-extend and q-settle, as a person or a script types them.
@Suite struct ClaimTests {
  private let shell: Shell

  init() throws { shell = try Shell() }

  @Test func `what q-claim prints pipes into q-settle, and ids come out as they are`() throws {
    let said = try shell.run(
      #"""
      printf 'a\n\tb c\nd\377\n' | q-enqueue --quiet
      q-claim -n 2 --quiet > c; cut -f2- c; cut -f1 c | grep -cE '^[0-9a-f]+\.[0-9a-f]{24}\.[0-9a-f]{16}$'
      q-stats | grep -E 'processing|leased'; q-settle --quiet done < c; q-list done
      q-claim -0 --quiet | tr '\0' '#' | cut -f2- | od -An -c | tr -d ' \n'; q-stats | grep leased
      """#)
    #expect(said.error == "")
    #expect(
      said.output == """
        1\ta
        1\t\tb c
        2
        processing 2
        leased     2
        a
        \tb c
        1\\td377#\\nleased     1

        """)
  }

  @Test func `an object a line has all of it, and how it ends may stand in an object too`() throws {
    let said = try shell.run(
      #"""
      printf '{"id":"a","n":1}\n{"id":"x\\ny"}\n' | q-enqueue --quiet --jsonl --id-key id
      printf 'd\377\n' | q-enqueue --quiet
      q-claim -n 9 --json --quiet > c
      sed -E 's/"token":"[^"]*"/T/; s/"lease_until":"20[0-9-]*T[0-9:.]*Z"/L/' c
      sed 's/}$/,"outcome":"failed","note":"n\\u00e9","new":[1]}/; 1q' c | q-settle --json --final --quiet
      sed 1d c | q-settle --json done --quiet; q-list failed --long | cut -f1,2,4,5; q-list done -0 | tr '\0' '#'
      """#)
    #expect(said.error == "")
    #expect(
      said.output == #"""
        {T,"id":"a","attempt":1,"payload":"{\"id\":\"a\",\"n\":1}",L}
        {T,"id":"x\ny","attempt":1,"payload":"{\"id\":\"x\\ny\"}",L}
        {T,"id_b64":"ZP8=","attempt":1,L}
        """# + "\nfailed    \t1\tné\ta\nx\ny#d\u{fffd}#")
  }

  @Test func `its status says whether there was anything, may be, or never will`() throws {
    let said = try shell.run(
      """
      s() { "$@" > out; echo "$*: $?"; }
      s q-claim; q-enqueue --quiet < /dev/null; s q-claim; s q-claim --wait
      seq 2 | q-enqueue --quiet; s q-claim --quiet; s q-claim -q other; q-pause --quiet; s q-claim --quiet
      q-resume --quiet; s q-claim --quiet; s q-claim; s q-claim --quiet; q-config rate=1/h
      echo 3 | q-enqueue --quiet; s q-claim --quiet; echo 4 | q-enqueue --quiet; s q-claim
      """)
    #expect(
      said.output == """
        q-claim: 66
        q-claim: 1
        q-claim --wait: 1
        q-claim --quiet: 0
        q-claim -q other: 66
        q-claim --quiet: 75
        q-claim --quiet: 0
        q-claim: 75
        q-claim --quiet: 75
        q-claim --quiet: 0
        q-claim: 75

        """)
    #expect(said.error.contains("q-claim: no store: DIR/.q"), "\(said.error)")
    #expect(said.error.contains("q-claim: no queue other in DIR/.q: it has default"))
    #expect(
      said.error.contains("nothing to claim now: 0 pending, 0 delayed, 2 processing"),
      "\(said.error)")
    #expect(said.error.contains("q-claim: drained: nothing is left to claim"))
  }

  @Test func `outcomes lead where they say, by what the queue is set to`() throws {
    let said = try shell.run(
      """
      q-enqueue --quiet < /dev/null; q-config max-attempts=2 backoff=1ms..2ms
      printf '%s\\n' a b c d | q-enqueue --quiet; q-claim -n 4 --quiet > c
      sed -n 1p c | q-settle failed --note first; sed -n 2p c | q-settle failed --final --note never
      sed -n 3p c | q-settle deferred --in 1h --quiet; sed -n 4p c | q-settle released
      q-list --long | cut -f1,2,5; q-claim --wait --quiet > again; cut -f2- again
      q-settle failed --quiet < again; q-claim --quiet | q-settle done; q-list --long | cut -f1,2,5
      q-show --json c | grep -o '"reason":"[a-z]*"'; q-check
      """)
    #expect(
      said.output == """
        delayed   \t1\ta
        failed    \t1\tb
        delayed   \t0\tc
        pending   \t0\td
        2\ta
        failed    \t2\ta
        failed    \t1\tb
        delayed   \t0\tc
        done      \t1\td
        "reason":"deferred"

        """)
    #expect(
      said.error == """
        1 settled
        1 settled
        1 settled
        1 settled
        sound: 4 items in DIR/.q

        """)
  }

  @Test func `stale tokens are named and counted, the others settled, and bad lines weigh more`()
    throws
  {
    let said = try shell.run(
      """
      seq 30 | q-enqueue --quiet; q-claim -n 30 --quiet > c
      head -n 25 c | q-settle --quiet done; q-settle done < c; echo "=> $?"
      { echo x; cat c; printf '\\n1.2\\n'; } | q-settle released 2>&1 | tail -n 2
      { head -n 1 c; printf '\\t\\n'; } | q-extend; echo "=> $?"
      echo 31 | q-enqueue --quiet; q-claim --quiet | q-extend --lease 1h; q-list processing --long | cut -f4
      """)
    let stale = said.error.split(separator: "\n").filter { $0.contains("stale token: ") }
    #expect(stale.count == 21 && stale[0].hasSuffix("its claim has ended, or its lease has"))
    #expect(said.error.contains("q-settle: further stale tokens are counted, not named"))
    #expect(said.error.contains("5 settled, 25 stale\nq-settle: 25 tokens not current\n"))
    #expect(said.error.contains("q-extend: bad line 2: it does not begin with a token of q-claim"))
    #expect(said.error.contains("0 extended, 1 stale, 1 bad line\nq-extend: 1 bad line skipped\n"))
    #expect(
      said.output == """
        => 76
        0 settled, 30 stale, 2 bad lines
        q-settle: 2 bad lines skipped
        => 65
        leased, for 59m more

        """)
  }

  @Test func `what a q-work has is not settled by its token from elsewhere`() throws {
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet
      q-work --quiet -- sh -c 'echo "$Q_TOKEN" | q-settle failed; echo "=> $?"; exit 0' sh
      q-list done
      """)
    #expect(said.output == "=> 76\na\n")
    #expect(said.error.contains("a q-work has it, and alone ends it"), "\(said.error)")
  }

  @Test(arguments: [
    (#"{"token":"T"}"#, "neither the line nor the operand has an outcome"),
    (#"{"outcome":"done"}"#, "the object has no token"), ("[1]", "it is not a JSON object"),
    (#"{"token":"T","outcome":"well"}"#, "an outcome is done, failed, deferred or released"),
    (#"{"token":"T","outcome":"done","in":3}"#, "in is for what is deferred"),
    (#"{"token":"T","outcome":"deferred","in":"soon"}"#, "it is not a duration, like 90s"),
    (#"{"token":"T","token":"T"}"#, "it is there twice"), (#"{"token":7}"#, "it is not text"),
    (#"{"token":"T","outcome":"done","note_b64":"?"}"#, "it is not base 64"),
    (#"{"token":"T","outcome":"done","note":"\ud800"}"#, "half of a surrogate pair"),
    (#"{"token":"T","outcome":"done"} x"#, "something stands behind the object"),
  ])
  func `an object that means nothing is named with its place`(line: String, why: String) throws {
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet; q-claim --quiet | cut -f1 > t
      cat > line << 'END'
      \(line)
      END
      sed "s/T/$(cat t)/g" line | q-settle --json; echo "=> $?"; q-stats | grep leased
      """)
    #expect(said.output == "=> 65\nleased     1\n")
    #expect(said.error.contains("q-settle: bad line 1: ") && said.error.contains(why), "\(said)")
  }

  @Test func `ids with newlines stay pending without -0 and --json`() throws {
    let said = try shell.run(
      #"""
      printf 'a\nb\0c\0' | q-enqueue -0 --quiet
      q-claim -n 9 --quiet | cut -f3-; q-claim --quiet; echo "=> $?"; q-claim -0 --quiet | tr '\0' '#' | cut -f3-
      """#)
    #expect(said.output == "c\n=> 65\na\nb#\n")
    #expect(said.error.contains(#"q-claim: left pending: an id contains a newline: a\nb"#))
    #expect(said.error.contains("1 id left pending, with newlines in them: use -0 or --json"))
  }

  @Test(arguments: [
    "q-claim -n 0", "q-claim -n 4001", "q-claim --lease 0", "q-claim --json -0",
    "q-settle < /dev/null",
    "q-settle done --final < /dev/null", "q-settle failed --in 3 < /dev/null",
    "q-settle --json -0 done < /dev/null", "q-settle done failed < /dev/null",
    "q-extend --lease 0s < /dev/null", "q-extend x < /dev/null", "q-claim x",
  ])
  func `a command line that means nothing is a usage error`(line: String) throws {
    #expect(try shell.run(line).status == 64)
  }
}
