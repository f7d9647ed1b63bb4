import Foundation
import QueueTestKit

/// What goes wrong at one place of a command; see `fixtures/preload/faults.c`.
struct Fault {
  enum How: Hashable {
    /// The call fails.
    case fails(Int32)
    /// The call does its work, and fails all the same.
    case failsWhenDone(Int32)
    /// Half is written.
    case short
    /// The process dies before the call, after it, or when half is written.
    case killedBefore, killedAfter, killedWithin
    /// The process stops before the call.
    case stopped

    static let failures: [How] = [
      .fails(EIO), .failsWhenDone(EIO), .fails(ENOSPC), .fails(EDQUOT), .fails(EINTR), .short,
    ]
    static let kills: [How] = [.killedBefore, .killedAfter, .killedWithin]

    var isKill: Bool { Self.kills.contains(self) }

    fileprivate var text: String {
      switch self {
      case .fails(let code): "\(code)"
      case .failsWhenDone(let code): "\(code)+"
      case .short: "short"
      case .killedBefore: "before"
      case .killedAfter: "after"
      case .killedWithin: "within"
      case .stopped: "stop"
      }
    }
  }

  var how: How
  /// Which call, from 1.
  var at: Int
  /// As long as this file is there the calls behind it fail as well.
  var lasting: String?

  /// The environment of a command that this is to befall: in files below the directory of
  /// `fixture`, or below a part of it.
  func environment(in fixture: StoreFixture, below part: String = "") -> [String: String] {
    var environment = [
      "LD_PRELOAD": CommandProcess.products + "/faults.so", "FAULT_DIR": fixture.directory + part,
      "FAULT_MARK": Self.mark(in: fixture), "FAULT_AT": "\(at)", "FAULT_HOW": how.text,
    ]
    environment["FAULT_WHILE"] = lasting
    return environment
  }

  /// The call that went wrong, and its file; nil: it has not come to that.
  static func struck(in fixture: StoreFixture) -> String? {
    let text = fixture.text(of: mark(in: fixture)).replacing(fixture.directory, with: "")
    return text.split(separator: "\n").first.map(String.init)
  }

  private static func mark(in fixture: StoreFixture) -> String { fixture.directory + "/mark" }
}
