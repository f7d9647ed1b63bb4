import QueueCore

/// What a handler that streams writes: answers, each to a request that is due.
struct StreamAnswers {
  /// What one read gave.
  struct Part {
    /// How many bytes were read.
    var bytes = 0
    /// The claims that were answered, and how, in the order of the answers.
    var claims: [Claim] = []
    var answers: [Answer] = []
  }

  private let form: HandlerShape.Stream.Form
  private var lines = StreamLines()
  /// Nothing will be answered any more.
  private(set) var isAtEnd = false
  /// What it wrote that is no answer.
  private(set) var garbled: GarbledAnswer?

  init(_ form: HandlerShape.Stream.Form) { self.form = form }

  /// Reads once, and takes what is answered from the requests.
  mutating func read(
    from output: Int32, limit: Int, _ requests: inout StreamRequests
  ) -> Part {
    var part = Part()
    switch lines.read(from: output, limit: limit) {
    case .nothingNow: return part
    case .end:
      isAtEnd = true
      return part
    case .bytes(let count): part.bytes = count
    }
    guard garbled == nil else { return part }
    do throws(GarbledAnswer) {
      try lines.forEach { (line) throws(GarbledAnswer) in
        let (claim, answer) = try Self.take(line, form, &requests)
        part.claims.append(claim)
        part.answers.append(answer)
      }
    } catch {
      garbled = error
    }
    return part
  }

  private static func take(
    _ line: UnsafeRawBufferPointer, _ form: HandlerShape.Stream.Form,
    _ requests: inout StreamRequests
  ) throws(GarbledAnswer) -> (Claim, Answer) {
    let (token, answer): (Token?, Answer)
    switch form {
    case .plain: (token, answer) = (nil, try Answer(plain: line))
    case .json: (token, answer) = try Answer.read(json: line)
    }
    if let claim = token.map({ requests.take($0) }) ?? requests.takeOldest() {
      return (claim, answer)
    }
    throw GarbledAnswer(
      "an answer to no request\(token == nil ? "" : " that waits for one"): \(Answer.shown(line))")
  }
}
