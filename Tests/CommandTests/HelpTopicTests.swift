import Foundation
import QueueTestKit
import Testing

@Suite struct HelpTopicTests {
  @Test func `a topic is a text of its own, and the overview names it`() throws {
    let shell = try Shell()
    let text = try shell.run("q help agents").output
    #expect(text.hasPrefix("---\nname: q\ndescription: "))
    #expect(text.split(separator: "\n")[3] == "---")
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 60)
    #expect(try shell.run("q").output.contains("  agents "))
    let unknown = try shell.run("q help agnets")
    #expect(unknown.status == 64 && unknown.error.hasPrefix("q: no such command: agnets"))
  }

  /// Each command line of the topic, by its first words, with what it comes to.
  private static let ends: [(begin: String, status: Int32, output: String)] = [
    ("q-enqueue < ids.txt", 0, "30 enqueued"),
    ("timeout -s TERM 50s q-work", 1, ""),
    ("q-stats  ", 0, "done       29\nfailed     1\n"),
    ("q-stats --errors", 0, "1\tno {}\t7\n"),
    ("q-list failed --long", 0, "failed    \t3\t0s\tno 7\t7\n"),
    ("q-show --output", 0, "no 7\n"),
    ("q-retry --all", 0, "1 retried"),
    ("q-claim", 0, "1 item claimed"),
    ("q-extend", 0, "1 extended"),
    ("q-settle", 0, "1 settled"),
  ]

  @Test func `each command line of the topic does what it says when it is pasted`() throws {
    let shell = try Shell()
    try shell.run(
      """
      printf '#!/bin/sh\\n[ $1 != 7 ] || { echo no 7 >&2; exit 1; }' > handler.sh
      chmod +x handler.sh; seq 30 > ids.txt; q-enqueue --quiet < /dev/null; q-config backoff=1ms..2ms
      """)
    let lines = try shell.run("q help agents").output.split(separator: "\n")
      .filter { $0.hasPrefix("    q-") || $0.hasPrefix("    timeout ") }.map { $0.dropFirst(4) }
    #expect(lines.count == Self.ends.count)
    for (line, end) in zip(lines, Self.ends) {
      let said = try shell.run(String(line))
      #expect(line.hasPrefix(end.begin))
      #expect(said.status == end.status, "\(line): \(said)")
      #expect(
        end.output.isEmpty || (said.output + said.error).contains(end.output), "\(line): \(said)")
    }
    #expect(try shell.run("q-stats | grep done").output == "done       30\n")
    let first = try #require(
      try shell.run("q help agents | sed -n 's/^Unsure.*: `\\(.*\\)`$/\\1/p'").output.split(
        separator: "\n"
      ).first)
    try shell.run("seq 100 120 | q-enqueue --quiet")
    #expect(try shell.run(String(first)).status == 0)
    #expect(try shell.run("q-stats | grep done").output == "done       40\n")
  }

  @Test func `what the topic says about statuses holds`() throws {
    let shell = try Shell()
    try shell.run("seq 30 | q-enqueue --quiet")
    var status: Int32 = 124
    for _ in 0..<9 where status == 124 {
      status = try shell.run(
        "timeout -s TERM 0.5s q-work --quiet --workers 4 -- sh -c 'sleep 0.1; [ $1 != 7 ]' sh"
      ).status
    }
    #expect(
      try status == 75 || status == 1
        || shell.run("q-stats | sed -n 4p").output == "done       29\n")
    #expect(try shell.run("q-work -- no-such-handler").status == 127)
    #expect(try shell.run("q-work -q none -- true").status == 66)
  }
}
