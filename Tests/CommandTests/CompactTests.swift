import Foundation
import QueueTestKit
import Testing

/// `q-compact`, beside whatever else has the store open.
@Suite struct CompactTests {
  @Test func `it says what it did`() throws {
    let shell = try Shell()
    try shell.run("seq 30000 | q-enqueue --quiet; q-list | head -29000 | q-remove --quiet")
    let said = try shell.says("q-compact")
    #expect(
      said.contains(try Regex(#"^compacted DIR/.q: [\d.]+ MB → \d+ kB, in [\d.]+ m?s\n=> 0$"#)),
      "\(said)")
    let json = try shell.run("q-compact --quiet --json")
    let pattern = try Regex(
      #"^\{"version":1,"store":"DIR/.q","bytes_before":\d+,"bytes_after":\d+,"duration_ms":\d+\}\n$"#
    )
    #expect(json.output.contains(pattern) && json.error.isEmpty && json.status == 0, "\(json)")
    #expect(try shell.says("q-compact --quiet; q-check") == "sound: 1,000 items in DIR/.q\n=> 0")
    #expect(try shell.run("ls -A .q | grep -c env").output == "1\n")
    #expect(try shell.run("q-compact -s none").status == 66)
    #expect(try shell.run("q-compact --timeout soon").status == 64)
  }

  /// Each of them has the store open for as long as the test likes, and never ends a transaction by itself.
  @Test func `nobody has to end, whatever it waits for`() throws {
    let shell = try Shell()
    let said = try shell.says(
      #"""
      seq 40000 | q-enqueue --quiet; echo one | q-enqueue --quiet -q later
      for queue in in busy; do : | q-enqueue --quiet -q $queue; done
      echo item | q-enqueue --quiet -q claims; q-pause --quiet -q claims
      mkfifo in out claims
      q-enqueue --quiet --queue in < in &                               # waits for its input
      q-settle done --quiet < claims & settles=$!
      q-list pending > out &                                            # waits for its reader
      q-wait --quiet -q later & waits=$!
      q-claim -q claims --wait > claim 2> /dev/null & claims=$!
      q-results --follow -q in & follows=$!
      q-work --follow --quiet -q busy -- true & follow=$!
      exec 5> in 6< out 7> claims; head -c 1 <&6
      until [ "$(q-stats --all | grep -cE '^(in|claims|busy|later) ')" = 4 ]; do sleep 0.05; done
      for _ in 1 2 3; do q-compact --quiet --timeout 50s || exit; done
      echo two >&5; exec 5>&-                                          # all of them go on
      q-resume --quiet -q claims
      wait $claims; cut -f 3 claim; cat claim >&7; exec 7>&-; wait $settles
      wc -l <&6
      q-work --quiet -q later -- true; wait $waits
      until q-stats -q in 2> /dev/null | grep -q 'pending *1'; do sleep 0.05; done
      kill $follow $follows; wait
      q-stats --all | tail -n +2 | sort | tr -s ' '; q-check
      """#)
    #expect(
      said == """
        1item
        40000
        busy 0 0 0 0 0 0
        claims 0 0 0 1 0 1
        default 40000 0 0 0 0 40000
        in 1 0 0 0 0 1
        later 0 0 0 1 0 1
        sound: 40,003 items in DIR/.q
        => 0
        """)
  }

  @Test func `handlers and claims go on`() throws {
    let shell = try Shell()
    let said = try shell.says(
      #"""
      mkfifo go
      printf '%s\n' a b | q-enqueue --quiet; echo c | q-enqueue --quiet -q claimed
      token=$(q-claim --quiet -q claimed --lease 1h | cut -f 1)
      q-work --quiet -j2 -- sh -c 'echo $Q_TOKEN > $1; read x < go; echo "$1 $Q_ATTEMPT"' sh {} & work=$!
      until [ -s a -a -s b ]; do sleep 0.05; done
      q-compact --quiet; q-compact --quiet
      q-stats | sed -n 3p; echo | tee go > go; wait $work; echo "=> $?"
      echo $token | q-settle done; q-stats --all | tail -n +2 | tr -s ' '; q-check --quiet
      """#)
    #expect(
      said.split(separator: "\n").sorted() == [
        "1 settled", "=> 0", "=> 0", "a 1", "b 1", "claimed 0 0 0 1 0 1",
        "default 0 0 0 2 0 2", "processing 2",
      ], "\(said)")
  }

  @Test func `who does not leave is named, and all goes on`() throws {
    let shell = try Shell()
    let said = try shell.says(
      #"""
      seq 40000 | q-enqueue --quiet
      mkfifo out; q-list > out & list=$!; exec 5< out; head -c 1 <&5 | wc -c
      kill -STOP $list
      q-compact --timeout 300ms 2>&1 | sed "s/PID $list/PID N/"; q-compact --timeout 0s --quiet 2> /dev/null; echo $?
      echo b | q-enqueue --quiet; ls .q | grep env
      kill -CONT $list; q-compact --quiet; ls .q | grep env; wc -l <&5; wait; q-check
      """#)
    #expect(
      said == """
        1
        q-compact: store busy: DIR/.q: in use by q-list PID N (stopped): continue or kill what is stopped
        75
        env.0
        env.1
        40001
        sound: 40,001 items in DIR/.q
        => 0
        """)
  }

  @Test func `who may not is told`() throws {
    guard geteuid() == 0 else { return }
    let shell = try Shell()
    let nobody = "setpriv --reuid 65001 --clear-groups \(CommandProcess.products)"
    let said = try shell.run(
      "echo a | q-enqueue --quiet; chmod 755 .q; \(nobody)/q-compact --trust; echo $?; ls .q | grep env"
    )
    #expect(said.output == "77\nenv.0\n", "\(said)")
  }
}
