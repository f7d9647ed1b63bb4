import QueueCore

/// A queue as a line of q-export says it: its settings are text, by their keys.
struct ImportedQueue: Decodable {
  private let members: [String: Value]

  init(from decoder: any Decoder) throws {
    members = try decoder.singleValueContainer().decode([String: Value].self)
  }

  /// What a member can be.
  private enum Value: Decodable {
    case text(String)
    case number(UInt64)
    case flag(Bool)
    case list([String])
    case numbers([String: UInt64])
    case texts([String: String])
    case other

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let text = try? value.decode(String.self) {
        self = .text(text)
      } else if let flag = try? value.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? value.decode(UInt64.self) {
        self = .number(number)
      } else if let list = try? value.decode([String].self) {
        self = .list(list)
      } else if let numbers = try? value.decode([String: UInt64].self) {
        self = .numbers(numbers)
      } else if let texts = try? value.decode([String: String].self) {
        self = .texts(texts)
      } else {
        self = .other
      }
    }
  }

  func queue() throws(BadLine) -> StoredQueue {
    guard case .text(let name)? = members["name"], let name = QueueName(name) else {
      throw BadLine(why: "the queue has no name that is one")
    }
    var queue = StoredQueue(name, settings: QueueSettings())
    for (key, value) in members {
      switch (key, value) {
      case ("paused", .flag(true)): queue.settings.pause = .indefinite
      case ("paused_until", .text(let text)):
        queue.settings.pause = try ImportedValue.moment(text, "paused_until").map { .until($0) }
      case ("next_end", .number(let number)): queue.nextEnd = number
      case ("spent_by_removed", .texts(let spent)): queue.spent = try ImportedValue.amounts(spent)
      case ("fed_by", .list(let names)): queue.feeders = names.compactMap { QueueName($0) }
      case ("readers", .numbers(let readers)):
        for (name, end) in readers {
          queue.readers[try ImportedValue.given(ReaderName(name), "a reader's name")] = end
        }
      case (_, .text(let text)):
        guard let setting = Setting(key: key[...], among: Setting.ofQueues) else { continue }
        guard setting.set(text, in: &queue.settings) else {
          throw BadLine(why: "not a value for \(key): \(text): it takes \(setting.form)")
        }
      default: continue
      }
    }
    guard queue.nextEnd < 1 << 62, queue.readers.values.allSatisfy({ $0 < max(1, queue.nextEnd) })
    else {
      throw BadLine(why: "next_end, or an end that was read, has a number that is never given")
    }
    return queue
  }
}
