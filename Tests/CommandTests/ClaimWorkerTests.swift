import Foundation
import QueueTestKit
import Testing

/// The example workers under `fixtures/workers`, also when they are killed.
@Suite struct ClaimWorkerTests {
  private static let workers = Shell.checkout + "/fixtures/workers"
  private let shell: Shell

  init() throws { shell = try Shell() }

  @Test func `the worker in sh works until nothing is left, and retries what fails`() throws {
    let said = try shell.run(
      #"""
      q-enqueue --quiet < /dev/null; q-config backoff=1ms..2ms; printf 'a b\n-x\n$(y)\nbad\n' | q-enqueue --quiet
      '\#(Self.workers)/one.sh' sh -c '[ "$1" != bad ] && printf "<%s>\n" "$1" | tee -a got' sh; echo "=> $?"
      q-stats | grep -E 'done|failed'; q-check --quiet; echo "=> $?"
      """#)
    #expect(
      said.output == "<a b>\n<-x>\n<$(y)>\n=> 0\ndone       3\nfailed     1\n=> 0\n", "\(said)")
    #expect(said.error == "")
  }

  @Test func `the worker in Python takes many, extends them while it works, and settles each`()
    throws
  {
    guard try shell.run("python3 --version").status == 0 else { return }
    // 150 items of 0.05 s: longer than a lease, in two claims.
    let said = try shell.run(
      """
      seq 150 | q-enqueue --quiet; '\(Self.workers)/many.py' got 0.05; echo "=> $?"
      sort -n got | cmp - <(seq 150); q-list done | wc -l; q-list --long | cut -f2 | sort -u
      q-show 1 --json | grep -o '"losses":0'; q-check --quiet; echo "=> $?"
      """)
    #expect(said.output == "=> 0\n150\n1\n\"losses\":0\n=> 0\n", "\(said)")
    #expect(said.error == "")
  }

  @Test func `what a killed worker had comes back when its lease ends, and all ends done`() throws {
    guard try shell.run("python3 --version").status == 0 else { return }
    let said = try shell.run(
      """
      seq 60 | q-enqueue --quiet
      '\(Self.workers)/many.py' got 0.05 & worker=$!
      until q-stats | grep -Eq '^done  *[1-9]'; do sleep 0.05; done
      kill -9 $worker; wait $worker
      LEASE=1s '\(Self.workers)/one.sh' sh -c 'echo "$1" >> got; sleep 9' sh & worker=$!
      until q-list processing --long | grep -q 'leased, for 0s'; do sleep 0.05; done
      kill -9 $worker; wait $worker
      '\(Self.workers)/many.py' got; echo "=> $?"; sort -nu got | cmp - <(seq 60)
      q-stats | grep -E 'done|failed|leased'; q-check --quiet; echo "=> $?"
      for id in $(seq 60); do q-show --json $id; done | grep -c '"losses":[12]'
      """)
    let lines = said.output.split(separator: "\n")
    #expect(lines.dropLast() == ["=> 0", "done       60", "failed     0", "=> 0"], "\(said)")
    #expect(lines.last.flatMap { Int($0) } ?? 0 > 10, "\(said)")
  }
}
