import Foundation
import Testing

/// Built commands, killed and signalled, with cuts of power and faults of disks. One test at a time:
/// they need the processors themselves.
///
/// Each prints its seed; `Q_SEED` repeats its choices, `Q_KEEP` keeps what it leaves. `make torture`
/// sets `Q_TORTURE`, and runs what needs root: the suites that have Torture in their names.
@Suite(.serialized) enum Storms {
  /// How often: in `make test`, and in `make torture`. `Q_ROUNDS` overrides both.
  static func rounds(_ short: Int, torture long: Int) -> Int {
    let environment = ProcessInfo.processInfo.environment
    if let given = environment["Q_ROUNDS"].flatMap({ Int($0) }) { return given }
    return environment["Q_TORTURE"] == nil ? short : long
  }
}
