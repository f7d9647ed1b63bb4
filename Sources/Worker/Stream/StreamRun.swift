import CProcess
import Glibc
import QueueCore
import System

/// One process of a handler that streams, from its start to its end: requests in, answers out.
///
/// It never blocks on one of the pipes. Answers are reported to the ledger as they come, all of one read
/// together.
final class StreamRun {
  private let slot: Int
  private let plan: WorkPlan
  private let form: HandlerShape.Stream
  let shared: SlotSharing
  private let carried: RunClaims
  private let wake: WakePipe
  private var handles: StreamProcess
  private let error: Spool
  private let relay: LineRelay

  var requests: StreamRequests
  private var lines = StreamLines()
  private var window: StreamWindow
  var clock: StreamClock
  /// No more requests.
  private var isClosing = false
  private(set) var hasAnswered = false
  private(set) var garbled: GarbledAnswer?
  /// A claim whose time is over.
  private(set) var overdue: Token?

  init(
    _ process: consuming StreamProcess, _ first: [Claim], slot: Int,
    _ plan: WorkPlan, _ form: HandlerShape.Stream, _ shared: SlotSharing, _ carried: RunClaims,
    _ wake: WakePipe, error: Spool
  ) {
    (self.slot, self.plan, self.form) = (slot, plan, form)
    (self.shared, self.carried, self.wake, self.error) = (shared, carried, wake, error)
    handles = process
    relay = LineRelay(shared.gate, OutputForm.errorLines, id: [], keeps: false, stop: shared.stop)
    requests = StreamRequests(named: form.form == .json)
    window = StreamWindow(maximum: form.window)
    clock = StreamClock(shared.live, killAfter: plan.killAfter)
    put(first)
  }

  var process: SpawnedProcess { handles.process }

  /// Until the process has ended. What it left unanswered is for ``StreamEnd``.
  func run() {
    do throws(SystemError) {
      while true {
        look()
        if !isClosing { try fill() }
        send()
        if wait() { break }
        act()
      }
    } catch {
      // What it carries could not be written down: it must not go on.
      shared.live.signal(SIGKILL, group: process.pid)
      broken = error
      while !wait() {}
    }
    handles.input = nil
  }
  private(set) var broken: SystemError?

  // MARK: Requests

  /// Whether there is to be no more for this process.
  private func look() {
    guard !isClosing else { return }
    let isSilent = shared.streams.isLackingWork && clock.isSilent && requests.isSent
    guard
      shared.streams.isAtEnd || shared.ready.isClosed || shared.roster.isRetired(slot)
        || shared.stop.isRaised || isSilent && !requests.isEmpty
    else { return }
    isClosing = true
    giveBack(requests.takeUnsent())
  }

  private func fill() throws(SystemError) {
    while window.size > requests.count {
      let room = window.size - requests.count
      guard let more = shared.ready.popNow(part: { $0.part(room) }) else { return }
      try carried.add(
        more.claims.map(\.token.number),
        charged: requests.oldest?.token.number ?? more.claims[0].token.number)
      put(more.claims)
    }
  }

  private func put(_ claims: [Claim]) {
    if requests.isEmpty {
      clock.begin(isFirst: !hasAnswered)
      window.resume(now: MonotonicTime.now())
    }
    let attempts = shared.limits.current.policy.maximumAttempts
    for claim in claims {
      switch form.form {
      case .plain:
        guard !claim.id.bytes.contains(plan.separator) else {
          refuse(claim)
          continue
        }
        requests.add(claim) { bytes in
          bytes += claim.id.bytes
          bytes.append(plan.separator)
        }
      case .json:
        requests.add(claim) { StreamRequest.write(claim, attempts: attempts, to: &$0) }
      }
    }
  }

  /// Its id cannot be told from two.
  private func refuse(_ claim: Claim) {
    var unfit = finished([claim], .unfit)
    unfit.message = Array("its id contains a newline: use -0 or --stream=json".utf8)
    shared.report(unfit)
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

  // MARK: Answers

  /// True once the process has exited.
  private func wait() -> Bool {
    let readable = Int16(POLLIN)
    var waits = [
      pollfd(fd: process.pidfd, events: readable, revents: 0),
      pollfd(fd: handles.output.number, events: readable, revents: 0),
      pollfd(fd: handles.error.number, events: readable, revents: 0),
      pollfd(fd: wake.descriptor, events: readable, revents: 0),
      pollfd(fd: requests.isSent ? -1 : handles.inputNumber, events: Int16(POLLOUT), revents: 0),
    ]
    if isOutputAtEnd { waits[1].fd = -1 }
    if isErrorAtEnd { waits[2].fd = -1 }
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
  private var isOutputAtEnd = false
  private var isErrorAtEnd = false

  func readError(limit: Int = .max) {
    switch error.read(from: handles.error.number, limit: limit) {
    case .bytes(let newest): relay.pass(error, to: STDERR_FILENO, newest: newest)
    case .end: isErrorAtEnd = true
    case .nothingNow: break
    }
  }

  /// Reads once, and reports what was answered.
  func readAnswers(limit: Int = .max) {
    switch lines.read(from: handles.output.number, limit: limit) {
    case .nothingNow: return
    case .end:
      isOutputAtEnd = true
      // Nothing will be answered any more.
      if !requests.isEmpty { shared.live.signal(SIGTERM, group: process.pid) }
      return
    case .some: break
    }
    guard garbled == nil else { return }
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
      shared.live.signal(SIGKILL, group: process.pid)
    }
    if !claims.isEmpty { report(claims, answers) }
  }

  private func take(
    _ line: UnsafeRawBufferPointer
  ) throws(GarbledAnswer) -> (Claim, Answer) {
    switch form.form {
    case .plain:
      let answer = try Answer(plain: line)
      guard let claim = requests.takeOldest() else {
        throw GarbledAnswer("an answer to no request: \(Answer.shown(line))")
      }
      return (claim, answer)
    case .json:
      let (token, answer) = try Answer.read(json: line)
      guard let token else {
        guard let claim = requests.takeOldest() else {
          throw GarbledAnswer("an answer to no request: \(Answer.shown(line))")
        }
        return (claim, answer)
      }
      guard let claim = requests.take(token) else {
        throw GarbledAnswer("an answer to no request that waits for one: \(Answer.shown(line))")
      }
      return (claim, answer)
    }
  }

  private func report(_ claims: [Claim], _ answers: [Answer]) {
    let now = MonotonicTime.now()
    if !hasAnswered { shared.streams.noteAnswer() }
    hasAnswered = true
    let time = clock.answered(now)
    window.answered(claims.count, now: now)
    shared.streams.set(window: window.size, of: slot)
    if let oldest = requests.oldest { try? carried.charge(oldest.token.number) }
    var finished = finished(claims, .answered(answers))
    finished.duration = time / UInt64(claims.count)
    finished.startedAt = finished.endedAt + .nanoseconds(-Int64(finished.duration))
    shared.report(finished)
  }

  // MARK: Time

  private func act() {
    guard let oldest = requests.oldest else { return }
    if clock.isFlushDoubtful, shared.streams.warns() {
      shared.gate.say(
        "q-work: no answer 10 s after the first request: does the handler flush each answer? "
          + "(sed -u, grep --line-buffered, fflush() in awk, flush=True in Python)")
    }
    if shared.live.hasRevoked, shared.live.isRevoked(oldest.token.number) {
      shared.live.signal(SIGKILL, group: process.pid)
    }
    switch clock.step(limit: shared.limits.current.timeout) {
    case .none: break
    case .terminate:
      overdue = oldest.token
      shared.live.signal(SIGTERM, group: process.pid)
    case .kill: shared.live.signal(SIGKILL, group: process.pid)
    }
  }

  // MARK: The end

  /// Hands on what it wrote to standard error without an end of line.
  func passLastWords() { relay.finish(error, error) }

  /// What lies in the pipes and no more: whoever else writes to them may never end.
  func drain() {
    var left = Int(qp_unread(handles.output.number))
    while left > 0, garbled == nil {
      let before = left
      left = min(left, Int(qp_unread(handles.output.number)))
      guard left > 0 else { break }
      readAnswers(limit: left)
      left = before - max(1, left)
    }
    let errors = Int(qp_unread(handles.error.number))
    if errors > 0 { readError(limit: errors) }
  }

  /// The end of what it wrote to standard error.
  var lastWords: [UInt8] { error.tail() }
}
