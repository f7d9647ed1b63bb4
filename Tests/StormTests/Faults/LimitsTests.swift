import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// What the commands do where the system gives them little.
  @Suite struct LimitsTests {
    private let fixture: StoreFixture

    init() throws {
      fixture = try StoreFixture()
      try fixture.enqueue((1...20).map { "n\($0)" })
    }

    @Test(arguments: [
      (
        "ulimit -f 4; echo a | q-enqueue -s new", 73,
        "q-enqueue: cannot create a store: DIR/new: File too large: raise the limit of file sizes"
      ),
      (
        "ulimit -f 64; seq 90000 | q-enqueue", 74,
        "q-enqueue: cannot commit: DIR/store: "
      ),
      (
        "ulimit -n 8; q-stats", 74,
        "q-stats: cannot open DIR/store/env.0: Too many open files: raise the limit of open files"
      ),
      (
        "ulimit -n 20; q-work -- true", 74,
        "q-work: cannot start a handler: the limit of open files carries none: raise it with ulimit"
      ),
      (
        "ulimit -n 20; q-work -j2 -- true", 64,
        "q-work: too many workers: 2: the limit of open files carries 0: raise it with ulimit -Hn"
      ),
      ("ulimit -n 20; q-stats | grep total; echo b | q-enqueue --quiet", 0, "total      20"),
      ("ulimit -v 500000; q-work --quiet -j2 -- true; q-stats | grep done", 0, "done       20"),
    ])
    func `a limit is kept to, or named`(line: String, status: Int, message: String) throws {
      let said = fixture.says(line)
      #expect(said.contains(message) && said.hasSuffix("=> \(status)"), "\(said)")
      #expect(!FileManager.default.fileExists(atPath: fixture.directory + "/new"))
      #expect(fixture.findings() == "")
      #expect(
        fixture.says("q-work --quiet -j2 -- true; q-stats | grep -c '^done *2[01]$'").hasSuffix(
          "1\n=> 0"))
    }

    @Test func `with ever less address space a command does its work or says what is missing`() {
      for size in stride(from: 70_000, through: 30_000, by: -4_000) {
        let said = fixture.says("ulimit -v \(size); q-stats; exit $?")
        // Below that the program itself does not load.
        let isLoaded =
          !said.hasSuffix("=> 127") && !said.contains("cannot allocate memory for")
          && !said.contains("failed to map segment")
        #expect(
          !isLoaded || said.hasSuffix("=> 0")
            || (said.contains("raise the limit of memory (ulimit -v)") && said.hasSuffix("=> 69")),
          "\(size): \(said)")
      }
    }

    @Test(arguments: ["", "trap '' XFSZ; "])
    func `a handler has the limit of file sizes as if q-work did not mind it`(before: String) throws
    {
      let look = "sed -n 's/^SigIgn:.//p' /proc/self/status"
      let ignores = { (text: String) in
        let mask = try #require(UInt64(text.prefix(16), radix: 16), "\(text)")
        return mask & 1 << UInt64(SIGXFSZ - 1) != 0
      }
      let handler = "sh -c '\(look.replacing("'", with: "'\\''"))'"
      let handled = try ignores(fixture.says("\(before)q-work --quiet --limit 1 -- \(handler)"))
      #expect(try handled == ignores(fixture.says(before + look)))
      #expect(handled == !before.isEmpty)
    }
  }
}
