import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// A long run whose handler fails, crashes, defers and hangs: what the store says must be what the
  /// handler wrote down.
  @Suite struct ChaosTests {
    /// What a run does depends on its id and attempt alone; each writes down first what it will do.
    private static let handler = #"""
      n=$(( ($1 * 7919 + Q_ATTEMPT * 10477) % 100 ))
      say() { echo "$1 $2" >> "$LEDGER/runs"; }
      if [ $n -lt 6 ] && mkdir "$LEDGER/items/$1.$Q_ATTEMPT" 2> /dev/null; then
        say "$1" defer; echo "defer 20ms" > "$Q_CONTROL"; exit 75
      elif [ $n -lt 20 ]; then say "$1" fail; exit 3
      elif [ $n -lt 26 ]; then say "$1" crash; kill -9 $$
      elif [ $n -lt 28 ]; then say "$1" hang; exec sleep 1000
      elif [ $n -lt 31 ]; then say "$1" final; exit 65
      else say "$1" ok
      fi
      """#

    private struct Expected: Equatable {
      var status = Status.pending
      var tally = Tally()
    }

    /// Follows one item through what its runs wrote down.
    private func expected(_ runs: [Substring], attempts: UInt32) -> Expected {
      var item = Expected()
      for run in runs {
        #expect(item.status == .pending, "an item ran after its end")
        if run == "defer" {
          item.tally.deferrals += 1
          continue
        }
        item.tally.attempts += 1
        if run == "crash" { item.tally.crashes += 1 }
        if run == "hang" { item.tally.timeouts += 1 }
        if run == "ok" {
          item.status = .done
        } else if run == "final" || item.tally.attempts == attempts {
          item.status = .failed
        }
      }
      return item
    }

    @Test func `ten thousand items end as their handler meant them to`() throws {
      let fixture = try StoreFixture()
      let ids = (1...10_000).map(String.init)
      try fixture.enqueue(ids)
      let report = fixture.directory + "/report.json"
      let worker = fixture.work(
        [
          "--quiet", "--workers", "8", "--backoff", "1ms..20ms", "--timeout", "300ms", "--report",
          report,
        ], handler: ["/bin/sh", "-c", Self.handler, "sh"])
      #expect(worker.wait(within: 300) == .exited(1), "\(fixture.said)")

      var runs: [Substring: [Substring]] = [:]
      for line in fixture.text(of: fixture.ledger + "/runs").split(separator: "\n") {
        let words = line.split(separator: " ")
        runs[words[0], default: []].append(words[1])
      }
      var sums: [String: Int] = [:]
      for item in try fixture.items(.done) + fixture.items(.failed) {
        let runs = runs[Substring(item.id.description)] ?? []
        let expected = expected(runs, attempts: 3)
        #expect(item.state.status == expected.status && item.state.tally == expected.tally)
        sums[expected.status == .done ? "succeeded" : "failed", default: 0] += 1
        sums["crashed", default: 0] += runs.count { $0 == "crash" }
        sums["timed_out", default: 0] += runs.count { $0 == "hang" }
        sums["deferred", default: 0] += runs.count { $0 == "defer" }
        sums["retried", default: 0] += runs.count { $0 != "defer" } - 1
      }
      #expect(
        runs.count == ids.count && (sums["succeeded"] ?? 0) + (sums["failed"] ?? 0) == ids.count)
      #expect(sums.values.allSatisfy { $0 > 0 } && sums.count == 6, "\(sums)")
      let told = fixture.text(of: report)
      for (name, count) in sums {
        #expect(told.contains("\"\(name)\":\(count),"), "\(name) \(count)")
      }
      #expect(fixture.findings() == "" && fixture.workers == 0)
    }
  }
}
