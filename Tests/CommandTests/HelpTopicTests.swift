import Foundation
import QueueTestKit
import Testing

@Suite struct HelpTopicTests {
  @Test func `a topic is a text of its own, and the overview names it`() throws {
    let shell = try Shell()
    let text = try shell.run("q help agents").output
    #expect(text.hasPrefix("---\nname: q\ndescription: "))
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 60)
    #expect(try shell.run("q").output.contains("  agents "))
    let unknown = try shell.run("q help agnets")
    #expect(unknown.status == 64 && unknown.error.hasPrefix("q: no such command: agnets"))
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
