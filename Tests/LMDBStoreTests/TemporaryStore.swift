import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit

/// A directory of its own for one test, in memory where there is such a place: what costs is fsync.
final class TemporaryDirectory {
  let path: String

  init() {
    let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(base)/q-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary directory in \(base)") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit { Self.remove(path) }

  /// The path of something in the directory.
  func path(_ name: String) -> String { path + "/" + name }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(directory)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// A copy of `fixtures/stores/<version>`, that is gone with its directory when the test is over.
struct OldStore {
  let directory = TemporaryDirectory()
  var path: String { directory.path("store") }

  init(version: Int) throws {
    let fixture = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../fixtures/stores/\(version)").standardized
    try FileManager.default.copyItem(atPath: fixture.path, toPath: path)
  }

  func open() throws -> LMDBStore { try LMDBStore(path: path) }
}

/// A new store that is gone, with its directory, when the test is over.
struct TemporaryStore {
  let directory = TemporaryDirectory()
  let store: LMDBStore

  init(_ clock: ManualClock = ManualClock()) throws {
    store = try LMDBStore(path: directory.path("store"), create: true, clock: { clock.now })
  }
}
