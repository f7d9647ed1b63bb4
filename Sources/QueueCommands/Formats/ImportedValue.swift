import FoundationEssentials
import QueueCore

/// What members of a line are, once they are read; see ``ImportLine``.
enum ImportedValue {
  static func name(_ text: String?, _ queue: QueueName) throws(BadLine) -> QueueName {
    guard let text else { return queue }
    return try given(QueueName(text), "a queue's name")
  }

  static func given<Value>(_ value: Value?, _ what: String) throws(BadLine) -> Value {
    guard let value else { throw BadLine(why: "it has not \(what) that is one") }
    return value
  }

  /// Text, or bytes in base 64; nil where neither is there.
  static func bytes(
    _ text: String?, _ base64: String?, _ name: String
  ) throws(BadLine) -> [UInt8]? {
    if let text { return Array(text.utf8) }
    guard let base64 else { return nil }
    guard let data = Data(base64Encoded: base64) else {
      throw BadLine(why: "\(name)_b64 is not base 64")
    }
    return Array(data)
  }

  static func moment(_ text: String?, _ name: String) throws(BadLine) -> Timestamp? {
    guard let text else { return nil }
    guard case .moment(let moment)? = MomentText(text) else {
      throw BadLine(why: "\(name) is no moment like 2026-11-30T12:00:00Z")
    }
    return moment
  }

  static func amounts(_ texts: [String: String]?) throws(BadLine) -> Amounts {
    var amounts: Amounts = [:]
    for (unit, text) in texts ?? [:] {
      guard let unit = UnitName(unit), let amount = Amount(shortened: text) else {
        throw BadLine(why: "what is spent is no amount of a unit: \(unit) \(text)")
      }
      amounts[unit] = amount
    }
    return amounts
  }
}
