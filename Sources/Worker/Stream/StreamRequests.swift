import QueueCore

/// Requests of one process, in the order in which they are sent, until they are answered.
struct StreamRequests {
  private struct Due {
    var claim: Claim
    /// Where its request ends in all that is sent to the process.
    var end: Int
    var isAnswered = false
  }

  /// What is to be sent.
  private(set) var bytes: [UInt8] = []
  /// How much of ``bytes`` is sent.
  private var sent = 0
  /// How much was sent before ``bytes``.
  private var sentBefore = 0
  private var due: [Due] = []
  /// Where the request of the first of them begins.
  private var first = 0
  /// The oldest unanswered one.
  private var head = 0
  /// Unanswered ones.
  private(set) var count = 0
  /// By the numbers of tokens, how many requests were put before; where answers name them.
  private var places: [UInt64: Int]?
  /// Requests that are no longer in ``due``.
  private var gone = 0

  /// - Parameter named: answers say which request they are for.
  init(named: Bool) { places = named ? [:] : nil }

  var isEmpty: Bool { count == 0 }
  var oldest: Claim? { head < due.count ? due[head].claim : nil }
  var isSent: Bool { sent == bytes.count }
  /// Numbers of the tokens of those that are unanswered, the oldest first.
  var tokens: [UInt64] { due[head...].filter { !$0.isAnswered }.map(\.claim.token.number) }

  /// Adds a request; `write` puts it into the buffer.
  mutating func add(_ claim: Claim, _ write: (inout [UInt8]) -> Void) {
    write(&bytes)
    places?[claim.token.number] = gone + due.count
    due.append(Due(claim: claim, end: sentBefore + bytes.count))
    count += 1
  }

  /// Lends what is to be sent; gives back how much of it was.
  mutating func send(_ write: (UnsafeRawBufferPointer) -> Int) {
    sent += bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
    if sent == bytes.count || sent >= 1 << 16 {
      sentBefore += sent
      bytes.removeFirst(sent)
      sent = 0
    }
  }

  /// The oldest request is answered; nil when none is due.
  mutating func takeOldest() -> Claim? {
    guard let claim = oldest else { return nil }
    places?[claim.token.number] = nil
    head += 1
    count -= 1
    passAnswered()
    return claim
  }

  /// The request of this token is answered; nil when it is not due.
  mutating func take(_ token: Token) -> Claim? {
    guard let place = places?[token.number], due[place - gone].claim.token == token else {
      return nil
    }
    places?[token.number] = nil
    due[place - gone].isAnswered = true
    let claim = due[place - gone].claim
    count -= 1
    passAnswered()
    return claim
  }

  private mutating func passAnswered() {
    while head < due.count, due[head].isAnswered { head += 1 }
    guard head >= 1_024 || head == due.count, head > 0 else { return }
    first = due[head - 1].end
    due.removeFirst(head)
    gone += head
    head = 0
  }

  /// Takes back the requests of which nothing was sent.
  mutating func takeUnsent() -> [Claim] {
    let done = sentBefore + sent
    var back: [Claim] = []
    var end = sentBefore + bytes.count
    while let last = due.last, due.count > head, !last.isAnswered {
      let start = due.count >= 2 ? due[due.count - 2].end : first
      guard start >= done else { break }
      back.append(last.claim)
      places?[last.claim.token.number] = nil
      due.removeLast()
      count -= 1
      end = start
    }
    bytes.removeLast(sentBefore + bytes.count - end)
    return back.reversed()
  }

  /// Takes what is left, the oldest first.
  mutating func takeAll() -> [Claim] {
    defer { (due, head, count) = ([], 0, 0) }
    return due[head...].filter { !$0.isAnswered }.map(\.claim)
  }
}
