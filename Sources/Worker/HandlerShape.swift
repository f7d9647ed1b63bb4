import QueueCore

/// How a worker's handlers get their items.
package enum HandlerShape: Equatable, Sendable {
  /// A process an item.
  case single
  /// A process for many items.
  case many(Many)
  /// A process for as long as there are items: a request each, an answer each.
  case stream(Stream)

  /// Why the handler cannot get this id: it could not be told from two.
  func refusal(of id: ItemID, separator: UInt8) -> String? {
    let advice: String
    switch self {
    case .many(let many) where many.onInput: advice = "use -0"
    case .stream(let stream) where stream.form == .plain: advice = "use -0 or --stream=json"
    case .single, .many, .stream: return nil
    }
    return id.bytes.contains(separator) ? "its id contains a newline: \(advice)" : nil
  }

  /// Whether handlers get the payloads of their items.
  package var hasPayloads: Bool {
    switch self {
    case .single: true
    case .many: false
    case .stream(let stream): stream.form == .json
    }
  }

  var isStream: Bool { if case .stream = self { true } else { false } }

  /// Many items a process.
  package struct Many: Equatable, Sendable {
    /// The most that one may carry.
    package static let maximum = 10_000

    /// Items a process, 1 to ``maximum``; nil: as many as take about a second, found by trying.
    package var count: Int?
    /// The ids come on standard input, not as arguments.
    package var onInput = false

    package init(count: Int?, onInput: Bool = false) {
      (self.count, self.onInput) = (count, onInput)
    }
  }

  /// What a process that streams reads and writes.
  package struct Stream: Equatable, Sendable {
    package enum Form: String, CaseIterable, Sendable { case plain, json }

    package var form: Form
    /// Requests that may wait for their answers, 1 to 16,384.
    package var window = 1_024
    package static let maximumWindow = 16_384

    package init(form: Form) { self.form = form }
  }
}
