import QueueTestKit
import Testing

/// q-work when nobody reads what it has to say, and what it says of things that others have named.
@Suite struct UnreadTests {
  /// Opens standard error on a fifo that is never read, and waits until it is full.
  private static let unread = "mkfifo stuck; exec 4<>stuck; "

  @Test func `a standard error that nobody reads holds up no item, and the second TERM ends it`()
    throws
  {
    let shell = try Shell()
    // Messages of many times what a pipe holds.
    let said = try shell.run(
      Self.unread + #"""
        for n in $(seq 60); do printf '%05d%01990d\n' $n 0; done | q-enqueue --quiet
        q-work --workers 2 --follow -- sh -c 'echo "pause 1ms" >> "$Q_CONTROL"' sh 2>&4 & worker=$!
        until q-stats | grep -q '^done  *60$'; do sleep 0.05; done
        kill -TERM $worker; sleep 0.3; kill -TERM $worker; wait $worker; echo "=> $?"
        """#)
    #expect(said.output == "=> 143\n", "\(said)")
  }

  @Test func `a standard error that is full from the start does not keep q-work alive`() throws {
    let shell = try Shell()
    let said = try shell.run(
      Self.unread + #"""
        head -c 65536 /dev/zero >&4
        seq 3 | q-enqueue --quiet
        q-work -- sh -c 'echo "pause 1ms" >> "$Q_CONTROL"' sh 2>&4 & worker=$!
        until q-stats | grep -q '^done  *3$'; do sleep 0.05; done
        for n in 1 2 3; do kill -TERM $worker; sleep 0.3; done 2> /dev/null; wait $worker; echo "=> $?"
        """#)
    #expect(said.output == "=> 143\n", "\(said)")
  }

  @Test func `an id or a handler's words command no terminal and begin no line`() throws {
    let shell = try Shell()
    let said = try shell.run(
      #"""
      printf 'a\033[31m\nq-work: forged\0b\342\200\256c\0' | q-enqueue -0 --quiet
      q-work -j1 --max-attempts 1 --halt soon,fail=9 -- sh -c \
        'echo "pause 1ms" >> "$Q_CONTROL"; printf "note why\033[2J\342\200\256\r\n" >> "$Q_CONTROL"; exit 1' sh
      q-stats --errors
      """#)
    let text = said.output + said.error
    #expect(text.contains("a\\x1b[31m\\nq-work: forged"), "\(text)")
    #expect(!text.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" || $0 == "\r" })
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("q-work: forged") })
  }
}
