import Foundation
import QueueTestKit
import Testing

/// Leases that run out, readers that go away, and those who wait.
@Suite struct LeaseTests {
  private let shell: Shell

  init() throws { shell = try Shell() }

  @Test(arguments: [
    ("q-claim -n 5 > /dev/full", "No space left on device"), ("q-claim -n 5 >&-", "Bad file"),
    (#"{ sleep 0.3; q-claim -n 5; echo "=> $?" >&2; } | head -n 0"#, "Broken pipe"),
    (#"{ sleep 0.3; q-claim -n 5 --json; echo "=> $?" >&2; } | head -n 0"#, "Broken pipe"),
  ])
  func `claims that nobody takes are given back, uncharged`(line: String, why: String) throws {
    let said = try shell.run("seq 3 | q-enqueue --quiet; \(line); echo \"=> $?\" >&2; q-stats")
    #expect(said.error.contains("=> 74"), "\(said)")
    #expect(said.error.contains(why) && said.error.contains("; 3 claims given back"), "\(said)")
    #expect(said.output.contains("pending    3\n") && !said.output.contains("leased"))
    #expect(try shell.run("q-list --long | cut -f2,4 | uniq").output == "0\t-\n")
  }

  @Test func `killed between the commit and the print, the lease runs out and the item comes back`()
    throws
  {
    let said = try shell.run(
      """
      mkfifo stuck; exec 4<>stuck; head -c 65536 /dev/zero >&4; echo a | q-enqueue --quiet
      q-claim --lease 1s --quiet >&4 & claimer=$!
      until q-stats | grep -q '^leased  *1$'; do sleep 0.02; done
      kill -9 $claimer; wait $claimer; q-claim --wait --quiet | cut -f2-; q-list --long | cut -f2,5
      q-show a | grep attempts
      """)
    #expect(said.output == "1\ta\n0\ta\nattempts  0, 1 lost\n", "\(said)")
  }

  @Test func `who waits is woken by what comes, by a lease that ends, and by the end of all`()
    throws
  {
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet; q-claim --lease 1h --quiet > c
      q-claim --wait --quiet > new & sleep 0.3; echo b | q-enqueue --quiet; wait $!; cut -f3- new
      q-claim --wait --quiet > over & sleep 0.2; q-extend --lease 1s --quiet < c; wait $!; cut -f3- over
      q-claim --wait --quiet & sleep 0.3; cat new over | q-settle done --quiet; wait $!; echo "=> $?"
      echo c | q-enqueue --quiet --delay 1s; q-claim --wait --quiet | cut -f3-
      q-claim --wait --quiet & sleep 0.3; kill -TERM $!; wait $!; echo "=> $?"
      """)
    #expect(said.output == "b\na\n=> 1\nc\n=> 143\n", "\(said)")
  }

  @Test func `q-work does not wait for what is leased, and runs what ran out`() throws {
    let said = try shell.run(
      """
      seq 3 | q-enqueue --quiet; q-claim --lease 1h --quiet > c; q-work -j1 --quiet -- echo; echo "=> $?"
      q-extend --lease 1s --quiet < c
      q-work --follow --quiet -- echo > out & until grep -q 1 out; do sleep 0.05; done; kill $!; wait $!; cat out
      q-settle done < c; q-stats | grep done
      """)
    #expect(said.output == "2\n3\n=> 75\n1\ndone       3\n", "\(said)")
    #expect(said.error.contains("1 leased by q-claim"), "\(said.error)")
    #expect(said.error.contains("0 settled, 1 stale"))
  }

  @Test func `q-wait ends leases that run out`() throws {
    let said = try shell.run(
      """
      q-enqueue --quiet < /dev/null; q-config max-losses=1; echo a | q-enqueue --quiet
      q-claim --lease 1s --quiet > c; q-wait --quiet --timeout 30s; echo "=> $?"; q-list failed --long | cut -f4
      """)
    #expect(said.output == "=> 1\npoison: its lease ran out\n", "\(said)")
  }

  /// `Q_SECONDS`: for about so long.
  @Test func `sixteen claim at once, and nothing is lost, nothing is there twice`() throws {
    let seconds = ProcessInfo.processInfo.environment["Q_SECONDS"].flatMap { Int($0) } ?? 3
    let count = 500 * seconds
    let said = try shell.run(
      """
      seq \(count) | q-enqueue --quiet
      for n in $(seq 16); do (
        while q-claim -n $((n % 7 + 1)) --wait --quiet > c$n || { s=$?; false; }; do
          if [ $((RANDOM % 8)) = 0 ]; then q-settle --quiet released < c$n || echo "released: $?"; continue; fi
          { q-extend --quiet < c$n && q-settle --quiet done < c$n && cut -f3- c$n >> got$n; } || echo "failed: $?"
        done; echo $s >> ends
      ) & done; wait
      """, within: 600)
    #expect(said.output + said.error == "", "\(said)")
    let end = try shell.run(
      """
      cat got* | sort -n | cmp - <(seq \(count)); q-list done | sort -n | cmp - <(seq \(count))
      sort ends | uniq -c | tr -s ' '; q-check --quiet; echo "=> $?"
      """)
    #expect(end.output == " 16 1\n=> 0\n", "\(end)")
  }
}
