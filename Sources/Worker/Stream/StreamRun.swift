import CProcess
import Glibc
import QueueCore
import System

/// One process of a handler that streams, from its start to its end: requests in, answers out.
///
/// It never blocks on one of the pipes. Answers are reported to the ledger as they come, all of one read
/// together.
final class StreamRun {
  let plan: WorkPlan
  let form: HandlerShape.Stream
  let shared: SlotSharing
  private let slot: Int
  private let carried: RunClaims
  private let wake: WakePipe
  private var handles: StreamProcess
  private let error: Spool
  private let relay: LineRelay

  var requests: StreamRequests
  private var answers: StreamAnswers
  private var window: StreamWindow
  private var clock: StreamClock
  /// Entries of the list since what is due was listed.
  private var listed = 0
  /// No more requests.
  private var isClosing = false
  private var isErrorAtEnd = false
  private(set) var hasAnswered = false
  /// A claim whose time is over.
  private(set) var overdue: Token?
  /// Which claims it carries could not be written down.
  private(set) var broken: SystemError?

  init(
    _ process: consuming StreamProcess, slot: Int, _ plan: WorkPlan, _ form: HandlerShape.Stream,
    _ shared: SlotSharing, _ carried: RunClaims, _ wake: WakePipe, error: Spool
  ) {
    (self.slot, self.plan, self.form) = (slot, plan, form)
    (self.shared, self.carried, self.wake, self.error) = (shared, carried, wake, error)
    handles = process
    relay = LineRelay(shared.gate, OutputForm.errorLines, id: [], keeps: false, stop: shared.stop)
    requests = StreamRequests(named: form.form == .json)
    answers = StreamAnswers(form.form)
    window = StreamWindow(maximum: form.window)
    clock = StreamClock(shared.live, killAfter: plan.killAfter)
  }

  var process: SpawnedProcess { handles.process }
  /// What it wrote that is no answer.
  var garbled: GarbledAnswer? { answers.garbled }
  /// The end of what it wrote to standard error.
  var lastWords: [UInt8] { error.tail() }

  /// Until the process has ended. What it left unanswered is for ``StreamEnd``.
  func run(_ first: [Claim]) {
    var first = first
    do throws(SystemError) {
      while true {
        look()
        if !isClosing {
          let claims = first
          first = []
          try put(claims)
          try fill()
        }
        send()
        if wait() { break }
        if let oldest = requests.oldest { try carried.charge(oldest.token.number) }
        act()
      }
    } catch {
      broken = error
      end(by: SIGKILL)
      while !wait() {}
    }
    handles.input = nil
    giveBack(first)
  }

  // MARK: Requests

  /// Whether there is to be no more for this process.
  private func look() {
    guard !isClosing else { return }
    let isHeldBack =
      shared.streams.isLackingWork && clock.isSilent && requests.isSent && !requests.isEmpty
    if shared.streams.isAtEnd || shared.ready.isClosed || shared.roster.isRetired(slot)
      || shared.stop.isRaised || isHeldBack
    {
      close()
    }
  }

  /// No more requests; those of which nothing was sent go back.
  private func close() {
    guard !isClosing else { return }
    isClosing = true
    giveBack(requests.takeUnsent())
  }

  /// Ends the process.
  func end(by signal: Int32) {
    close()
    shared.live.signal(signal, group: process.pid)
    if signal == SIGTERM { clock.terminate() }
  }

  private func fill() throws(SystemError) {
    while requests.count < window.size {
      let room = window.size - requests.count
      guard let more = shared.ready.popNow(part: { $0.part(room) }) else { return }
      try put(more.claims)
    }
  }

  private func put(_ new: [Claim]) throws(SystemError) {
    let claims = new.filter { !shared.refuse($0, plan) }
    guard !claims.isEmpty else { return }
    do throws(SystemError) {
      try list(claims)
    } catch {
      shared.report(finished(claims, .broken(error)))
      throw error
    }
    if requests.isEmpty {
      clock.begin(isFirst: !hasAnswered)
      window.resume(now: MonotonicTime.now())
    }
    let attempts = shared.limits.current.policy.maximumAttempts
    for claim in claims {
      requests.add(claim) { bytes in
        switch form.form {
        case .plain:
          bytes += claim.id.bytes
          bytes.append(plan.separator)
        case .json: StreamRequest.write(claim, attempts: attempts, to: &bytes)
        }
      }
    }
  }

  /// Writes down that this run carries these too, before they are sent.
  private func list(_ claims: [Claim]) throws(SystemError) {
    let charged = requests.oldest?.token.number ?? claims[0].token.number
    if listed + claims.count > ClaimList.quarter {
      listed = 0
      try carried.add(requests.tokens, charged: charged)
    }
    listed += claims.count
    try carried.add(claims.map(\.token.number), charged: charged)
  }

  private func send() {
    let input = handles.inputNumber
    if input >= 0, !requests.isSent {
      requests.send { bytes in
        max(0, uninterrupted { write(input, bytes.baseAddress, bytes.count) })
      }
    }
    if isClosing, requests.isSent { handles.input = nil }
  }

  func giveBack(_ claims: [Claim]) {
    if !claims.isEmpty { shared.report(finished(claims, .stopped)) }
  }

  func finished(_ claims: [Claim], _ end: Finished.End) -> Finished {
    Finished(claims, ordinal: 0, shared.limits.current.policy, end)
  }

  // MARK: What happens

  /// True once the process has exited.
  private func wait() -> Bool {
    let (readable, writable) = (Int16(POLLIN), Int16(POLLOUT))
    var waits = [
      pollfd(fd: process.pidfd, events: readable, revents: 0),
      pollfd(fd: answers.isAtEnd ? -1 : handles.output.number, events: readable, revents: 0),
      pollfd(fd: isErrorAtEnd ? -1 : handles.error.number, events: readable, revents: 0),
      pollfd(fd: wake.descriptor, events: readable, revents: 0),
      pollfd(fd: requests.isSent ? -1 : handles.inputNumber, events: writable, revents: 0),
    ]
    let timeout = clock.timeout(
      limit: shared.limits.current.timeout, isDue: !requests.isEmpty,
      isWatched: shared.live.hasRevoked || shared.streams.isLackingWork)
    _ = waits.withUnsafeMutableBufferPointer { waits in
      qp_poll(waits.baseAddress, UInt32(waits.count), timeout)
    }
    if waits[3].revents != 0 { wake.drain() }
    if waits[2].revents != 0 { readError() }
    if waits[1].revents != 0 { readAnswers() }
    return waits[0].revents != 0
  }

  private func readError(limit: Int = .max) {
    switch error.read(from: handles.error.number, limit: limit) {
    case .bytes(let newest): relay.pass(error, to: STDERR_FILENO, newest: newest)
    case .end: isErrorAtEnd = true
    case .nothingNow: break
    }
  }

  /// Reads once, and reports what was answered; how many bytes were read.
  @discardableResult
  private func readAnswers(limit: Int = .max) -> Int {
    let oldest = requests.oldest?.token
    let part = answers.read(from: handles.output.number, limit: limit, &requests)
    if answers.isAtEnd, !requests.isEmpty { end(by: SIGTERM) }
    if !part.claims.isEmpty { report(part, oldest: requests.oldest?.token != oldest) }
    if garbled != nil { end(by: SIGKILL) }
    return part.bytes
  }

  private func report(_ part: StreamAnswers.Part, oldest: Bool) {
    let (now, count) = (MonotonicTime.now(), part.claims.count)
    if !hasAnswered { shared.streams.noteAnswer() }
    hasAnswered = true
    window.answered(count, now: now)
    shared.streams.set(window: window.size, of: slot)
    var finished = finished(part.claims, .answered(part.answers))
    // How long they took together.
    finished.duration = clock.answered(now, oldest: oldest) / UInt64(count)
    finished.startedAt = finished.endedAt + .nanoseconds(-Int64(finished.duration))
    shared.report(finished)
  }

  private func act() {
    if clock.isKillDue() { end(by: SIGKILL) }
    guard let oldest = requests.oldest else { return }
    if clock.isFlushDoubtful, shared.streams.warns() {
      shared.gate.say(
        "q-work: no answer 10 s after the first request: does the handler flush each answer? "
          + "(sed -u, grep --line-buffered, fflush() in awk, flush=True in Python)")
    }
    if shared.live.isRevoked(oldest.token.number) { end(by: SIGKILL) }
    if clock.isOverdue(shared.limits.current.timeout) {
      overdue = oldest.token
      end(by: SIGTERM)
    }
  }

  // MARK: The end

  /// What lies in the pipes and no more: whoever else writes to them may never end.
  func drain() {
    var left = Int(qp_unread(handles.output.number))
    while left > 0, garbled == nil {
      let got = readAnswers(limit: left)
      if got == 0 { break }
      left -= got
    }
    let errors = Int(qp_unread(handles.error.number))
    if errors > 0 { readError(limit: errors) }
  }

  /// Hands on what it wrote to standard error without an end of line.
  func passLastWords() { relay.finish(error, error) }
}
