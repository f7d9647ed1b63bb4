import Foundation
import QueueTestKit
import Testing

/// The same commands on a server, from two machines as far as files can tell.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct ServerTests {
  private func shell(_ parameters: String = "") throws -> (Shell, begin: String) {
    let address = PostgresServer.shared.newAddress(parameters)
    return (
      try Shell(),
      """
      export Q_STORE='\(address)'; mkdir -m 700 one two
      on() { place=$1; shift; XDG_RUNTIME_DIR=$PWD/$place "$@"; }
      """
    )
  }

  @Test func `what a killed worker has left its guard gives back, and another machine does`() throws
  {
    let (shell, begin) = try shell()
    let said = try shell.run(
      """
      \(begin)
      seq 200 | q-enqueue --quiet
      on one q-work --quiet --workers 2 -- sh -c 'sleep 0.05; echo $1' sh > first & worker=$!
      until [ -s first ]; do sleep 0.02; done
      { kill -9 $(pgrep -P $worker); wait $worker; } 2> /dev/null
      on two q-work --quiet --workers 8 -- echo > second; echo $?
      q-stats | sed -n 4,6p; q-check --quiet; echo $?
      sort -un first second | wc -l
      """)
    #expect(said.output == "0\ndone       200\nfailed     0\ntotal      200\n0\n200\n", "\(said)")
  }

  @Test func `worker and guard both killed leave items that others take after the lease`() throws {
    let (shell, begin) = try shell("&lease=3s")
    let said = try shell.run(
      """
      \(begin)
      seq 4 | q-enqueue --quiet
      on one q-work --quiet --workers 4 -- sleep 60 & worker=$!
      until [ "$(q-stats | sed -n 3p)" = 'processing 4' ]; do sleep 0.05; done
      worker=$(pgrep -P $worker)
      { kill -9 $(pgrep -f "q-postgres guard $worker ") $worker; wait; } 2> /dev/null
      on two q-work --quiet -- true; echo $?; q-list done | wc -l
      """)
    #expect(said.output == "0\n4\n", "\(said)")
    #expect(said.error.contains("took back 4 items"))
  }

  @Test func `a store is named without its password, and is moved by export and import`() throws {
    let (shell, begin) = try shell()
    let said = try shell.run(
      """
      \(begin)
      seq 3 | q-enqueue --quiet; q-work --quiet --collect -- sh -c 'echo r$1' sh
      seq 4 6 | q-enqueue --quiet --priority 3 --payload p 2> /dev/null || seq 4 6 | q-enqueue --quiet
      q-export > lines; q-import --store local < lines 2> /dev/null; q-export --store local > again
      diff <(tail -n +2 lines) <(tail -n +2 again) && echo same
      q-results --store local | sort
      Q_STORE=$(echo "$Q_STORE" | sed 's,q@,q:secret@,') q-stats --json | grep -c secret
      """)
    #expect(said.output == "same\nr1\nr2\nr3\n0\n", "\(said)")
  }

  @Test func `handlers begin as those of a store in a directory do`() throws {
    let (shell, begin) = try shell()
    let said = try shell.run(
      """
      \(begin)
      for store in here "$Q_STORE"; do
        seq 2 | q-enqueue --quiet --store "$store"
        for limit in - ""; do (
          trap "$limit" XFSZ; q-work --limit 1 --quiet --store "$store" -- sh -c 'grep -E "Sig(Blk|Ign)" /proc/self/status
          env | grep ^Q_ | cut -d= -f1 | sort; ls /proc/self/fd | wc -l' sh > "said$limit.${store%%:*}"
        ); done
      done
      cmp said-.* && cmp said.* && wc -l < said.here
      cmp said-.here said.here | wc -l
      """)
    #expect(said.output == "13\n1\n", "\(said)")
  }

  @Test func `the topic says what an address may be`() throws {
    let shell = try Shell()
    let topic = try shell.run("q help stores").output
    for word in ["lmdb:DIR", "postgres://USER@HOST/DATABASE", "lease", "durable", "schema"] {
      #expect(topic.contains(word))
    }
  }

  @Test func `what a directory alone can do is refused`() throws {
    let (shell, begin) = try shell()
    let said = try shell.run(
      "\(begin)\nq-enqueue --quiet < /dev/null; q-compact; echo $?; q-copy there; echo $?")
    #expect(said.output == "69\n69\n")
    #expect(said.error.contains("gives room back by itself"))
  }

  @Test func `without its program a store on a server is refused, and that is said`() throws {
    let shell = try Shell()
    let said = try shell.run(
      "mkdir bin; cp \(CommandProcess.products)/q bin; bin/q stats -s postgres://h/d; echo $?")
    #expect(said.output == "69\n")
    #expect(said.error.contains("q-postgres is not beside q"))
  }
}
