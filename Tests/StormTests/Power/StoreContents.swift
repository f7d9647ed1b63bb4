import Foundation
import LMDBStore
import QueueCore
import QueueLogic

/// All that a store holds, read by the library.
struct StoreContents {
  private(set) var items: [String: Status] = [:]
  private(set) var twice: [String] = []
  private(set) var wrongPayloads: [String] = []
  /// Done items that have not given back their ids.
  private(set) var wrongResults: [String] = []
  /// The setting max-attempts; 0: not set.
  private(set) var attempts: UInt32 = 0
  /// Millionths of usd that are spent.
  private(set) var spent: UInt64 = 0

  /// `payloads`: whether to read and compare them.
  init(of path: String, payloads: Bool = true) throws {
    let store = try LMDBStore(path: path)
    attempts = try store.summary(of: .default)?.settings.maximumAttempts ?? 0
    let units = try store.budgets(of: .default)
    spent = units.first { $0.unit == StoreFixture.usd }?.spending.spent.millionths ?? 0
    var after: ItemKey?
    repeat {
      let page = try store.items(
        of: .default, in: Set(Status.allCases), after: after, limit: 1_000)
      for item in page.items {
        let id = String(decoding: item.id.bytes, as: UTF8.self)
        if items.updateValue(item.state.status, forKey: id) != nil { twice.append(id) }
        let result = try store.end(of: item.id, in: .default)?.result?.bytes ?? []
        let isRight = String(decoding: result, as: UTF8.self).split(separator: "\n") == [id[...]]
        if item.state.status == .done, !isRight { wrongResults.append(id) }
        guard payloads else { continue }
        let payload = try store.payload(of: item.id, in: .default)
        if payload.map({ Data($0) }) != Promises.payload(of: id).map({ Data($0) }) {
          wrongPayloads.append(id)
        }
      }
      after = page.next
    } while after != nil
  }
}
