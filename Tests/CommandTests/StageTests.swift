import Foundation
import QueueTestKit
import Testing

/// Queues that feed others, through q-settle.
@Suite struct StageTests {
  private let shell: Shell

  init() throws { shell = try Shell() }

  /// Claims the first item of a queue, and settles it as done with what it emits.
  private let emit =
    #"emit() { q-claim -q $1 --json --quiet | sed "s|}\$|,\"emit\":[$2]}|" | q-settle --json done; }; "#

  @Test
  func `what an object emits is there, known ids are duplicates, and q-stats says what feeds what`()
    throws
  {
    let said = try shell.run(
      emit + #"""
        seq 2 | q-enqueue --quiet -q crawl; echo x | q-enqueue --quiet -q parse
        emit crawl '{"queue":"parse","id":"x"},{"queue":"parse","id_b64":"/w==","payload":"p","new":1}'
        q-list -q parse | od -An -c | tr -d ' \n'; echo; q-stats --all; q-stats -q parse --json | grep -o '"fed_by":[^]]*]'
        q-claim -q parse -n 9 --quiet | q-settle --quiet done; q-claim -q parse; echo "=> $?"; q-check --quiet; echo "=> $?"
        """#)
    #expect(
      said.output == #"""
        x\n377\n
        queue  pending  delayed  processing  done  failed  total  fed_by
        crawl        1        0           0     1       0      2       -
        parse        2        0           0     0       0      2   crawl
        "fed_by":["crawl"]
        => 75
        => 0

        """#, "\(said)")
    #expect(said.error.contains("1 settled, 1 emitted, 1 duplicate\n"), "\(said.error)")
    #expect(said.error.contains("0 processing; 1 in what feeds it: crawl"), "\(said.error)")
  }

  @Test func `a worker of a queue waits for what feeds it, and is drained when that has ended`()
    throws
  {
    let said = try shell.run(
      emit + #"""
        seq 3 | q-enqueue --quiet -q crawl; emit crawl '{"queue":"parse","id":"a"}' 2> /dev/null
        q-work -q parse --quiet -- echo > out & worker=$!; q-wait -q parse --quiet & wait=$!
        emit crawl '{"queue":"parse","id":"b"}' 2> /dev/null; until grep -q b out; do sleep 0.05; done
        q-claim -q parse --wait --quiet & claim=$!; sleep 0.3
        kill -0 $worker && kill -0 $wait && kill -0 $claim && echo waits
        q-claim -q crawl --quiet | q-settle --quiet done
        wait $worker; echo "=> $?"; wait $wait; echo "=> $?"; wait $claim; echo "=> $?"; sort out
        """#)
    #expect(said.output == "waits\n=> 0\n=> 0\n=> 1\na\nb\n", "\(said)")
    #expect(said.error == "")
  }

  @Test func `a worker ends with 75 when nobody moves what feeds its queue`() throws {
    let said = try shell.run(
      emit + #"""
        seq 2 | q-enqueue --quiet -q crawl; emit crawl '{"queue":"parse","id":"a"}' 2> /dev/null
        q-pause -q crawl --quiet; q-work -q parse --quiet -- echo; echo "=> $?"
        q-resume -q crawl --quiet; q-claim -q crawl --quiet > c; q-work -q parse --quiet -- echo; echo "=> $?"
        q-settle --quiet done < c; q-work -q parse --quiet -- echo; echo "=> $?"
        """#)
    #expect(said.output == "a\n=> 75\n=> 75\n=> 0\n", "\(said)")
    #expect(said.error.contains("1 held in what feeds it: crawl"), "\(said.error)")
  }

  @Test(arguments: [
    (#"{"id":"x"}"#, "what is emitted has no queue"),
    (#"{"queue":"p"}"#, "what is emitted has no id"),
    (#"{"queue":"a b","id":"x"}"#, "it is no queue's name"), (#"7"#, "it is not an object"),
    (#"{"queue":"p","id":""}"#, "an id is 1 to 65,535 bytes"),
    (#"{"queue":"p","id":"x","id_b64":"eA=="}"#, "it is there twice"),
    (#"{"queue":"p","id":"x","payload":{}}"#, "it is not text"),
  ])
  func `an emit that means nothing settles nothing`(emitted: String, why: String) throws {
    let said = try shell.run(
      emit + "echo a | q-enqueue --quiet; emit default '\(emitted)'; "
        + "echo \"=> $?\"; q-stats | grep leased")
    #expect(said.output == "=> 65\nleased     1\n", "\(said)")
    #expect(said.error.contains(why), "\(said.error)")
  }

  @Test func `an item that emits too many fails for good, and nothing comes`() throws {
    let said = try shell.run(
      #"""
      echo a | q-enqueue --quiet; q-claim --quiet | cut -f1 > t
      seq 10001 | sed 's/.*/{"queue":"p","id":"&"}/' | paste -sd, > e
      echo "{\"token\":\"$(cat t)\",\"emit\":[$(cat e)]}" | q-settle --json done --quiet; echo "=> $?"
      q-list failed --long | cut -f4; q-stats -q p; echo "=> $?"
      """#)
    #expect(said.output == "=> 0\nemit: over 10,000 items or 16 MiB\n=> 66\n", "\(said)")
  }
}
