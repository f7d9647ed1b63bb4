import QueueTestKit
import Testing

/// What people stumble over.
@Suite struct SmallThingsTests {
  @Test func `an item in work names the processes that have it, for programs too`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 1 | q-enqueue --quiet
      q-work --quiet -- sh -c 'echo $$ > pid; while [ ! -e go ]; do sleep 0.01; done' & worker=$!
      until [ -s pid ]; do sleep 0.01; done
      q-show --json 1 | grep -c "\\"worker_pid\\":$worker,\\"handler_pids\\":\\[$(cat pid)"
      touch go; wait $worker; q-show --json 1 | grep -c pid
      """)
    #expect(said.output == "1\n0\n", "\(said)")
  }

  @Test(arguments: [".q", ".q/x/y", "$PWD/.q/results", "link/x"])
  func `results are not written into the store`(place: String) throws {
    let shell = try Shell()
    try shell.run("seq 1 | q-enqueue --quiet; ln -s .q link")
    let said = try shell.run("q-work --results \(place) -- true")
    #expect(said.status == 64 && said.error.contains("results cannot be in the store"), "\(said)")
    #expect(try shell.run("q-work --quiet --results .qx -- true").status == 0)
  }

  @Test func `a message that ends in blank lines gives its last words as the reason`() throws {
    let shell = try Shell()
    try shell.run("seq 1 | q-enqueue --quiet")
    try shell.run(
      "q-work --quiet --max-attempts 1 -- sh -c 'printf \"why\\n   \\n\\t\\n\" >&2; exit 1' sh")
    #expect(try shell.run("q-list failed --long | cut -f 4").output == "why\n")
    #expect(try shell.run("q-stats --errors | cut -f 2").output == "why\n")
  }

  @Test func `a rate that lets nothing start for long is named`() throws {
    let shell = try Shell()
    try shell.run("seq 2 | q-enqueue --quiet")
    let said = try shell.run(
      "q-work --quiet --rate 1/1000d -- touch 2> said & worker=$!; "
        + "until grep -q 'waiting for the rate' said; do sleep 0.05; done; kill $worker; cat said")
    #expect(said.output.contains("q-work: waiting for the rate of 1 in 1000d"), "\(said)")
  }
}
