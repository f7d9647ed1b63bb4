import Glibc
import QueueCore

/// What a handler that streams writes.
extension StreamRun {
  /// Reads once, and reports what was answered; how many bytes were read.
  @discardableResult
  func readAnswers(from output: Int32, limit: Int = .max) -> Int {
    let count: Int
    switch lines.read(from: output, limit: limit) {
    case .nothingNow: return 0
    case .end:
      isOutputAtEnd = true
      // Nothing will be answered any more.
      if !requests.isEmpty { end(by: SIGTERM) }
      return 0
    case .bytes(let got): count = got
    }
    guard garbled == nil else { return count }
    let oldest = requests.oldest?.token
    var claims: [Claim] = []
    var answers: [Answer] = []
    do throws(GarbledAnswer) {
      try lines.forEach { (line) throws(GarbledAnswer) in
        let (claim, answer) = try self.take(line)
        claims.append(claim)
        answers.append(answer)
      }
    } catch {
      garbled = error
    }
    if !claims.isEmpty { report(claims, answers, oldest: requests.oldest?.token != oldest) }
    if garbled != nil { end(by: SIGKILL) }
    return count
  }

  private func take(
    _ line: UnsafeRawBufferPointer
  ) throws(GarbledAnswer) -> (Claim, Answer) {
    let (token, answer): (Token?, Answer)
    switch form.form {
    case .plain: (token, answer) = (nil, try Answer(plain: line))
    case .json: (token, answer) = try Answer.read(json: line)
    }
    if let claim = token.map({ requests.take($0) }) ?? requests.takeOldest() {
      return (claim, answer)
    }
    throw GarbledAnswer(
      "an answer to no request\(token == nil ? "" : " that waits for one"): \(Answer.shown(line))")
  }

  private func report(_ claims: [Claim], _ answers: [Answer], oldest: Bool) {
    let time = answered(claims.count, oldest: oldest)
    var finished = finished(claims, .answered(answers))
    finished.duration = time / UInt64(claims.count)
    finished.startedAt = finished.endedAt + .nanoseconds(-Int64(finished.duration))
    shared.report(finished)
  }
}
