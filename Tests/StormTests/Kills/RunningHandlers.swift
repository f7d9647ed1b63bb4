import Foundation

/// The processes of the handlers of one ledger: the handlers themselves and what they started.
enum RunningHandlers {
  struct Process {
    var pid: Int32
    var id: String
  }

  static func of(_ ledger: String) -> [Process] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.compactMap { pid in
      guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
        return nil
      }
      let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard words.contains("LEDGER=\(ledger)"),
        let id = words.first(where: { $0.hasPrefix("Q_ID=") })
      else { return nil }
      return Process(pid: pid, id: String(id.dropFirst(5)))
    }
  }
}
