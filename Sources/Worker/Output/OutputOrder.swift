import Glibc
import QueueCore
import System

/// Lets outputs out in the order of their claims, however the runs end.
///
/// A run whose turn it is writes its output itself; one that is early leaves it here, and the thread
/// of ``release()`` writes it when those before it are out. Only then its end is reported.
///
/// @unchecked Sendable: `monitor` guards every stored variable; the room in `window` is made and removed
/// inside it, and belongs in between to who filled it, then to who has set `isWriting`.
final class OutputOrder: @unchecked Sendable {
  /// How many runs may wait for one before them.
  static let limit = 1_000

  private struct Waiting {
    var finished: Finished
    var output: OutputWindow.Place
    var error: OutputWindow.Place
  }

  private let monitor = Monitor()
  private let window = OutputWindow()
  private let gate: OutputGate
  private let form: OutputForm
  private let stop: StopFlag
  private var next = 1
  private var waiting: [Int: Waiting] = [:]
  private var waitingClaims = 0
  /// Ordinals from which nothing is to come. No more ranges than runs wait or are under way.
  private var skipped = RangeSet<Int>()
  private var isWriting = false
  private var isClosed = false

  init(_ gate: OutputGate, _ form: OutputForm, stop: StopFlag) {
    (self.gate, self.form, self.stop) = (gate, form, stop)
  }

  /// How many runs that have ended wait.
  var count: Int { monitor.locked { waiting.count } }
  /// How many claims they carry.
  var claims: Int { monitor.locked { waitingClaims } }

  /// Nothing will come from this claim.
  func skip(_ ordinal: Int) {
    monitor.locked {
      guard ordinal >= next else { return }
      skipped.insert(contentsOf: ordinal..<ordinal + 1)
      monitor.wakeAll()
    }
  }

  /// Takes a run's output; gives its end back when it can be reported, nil when it has to wait.
  func take(_ finished: Finished, _ output: Spool, _ error: Spool) -> Finished? {
    var finished = finished
    let places: (output: OutputWindow.Place, error: OutputWindow.Place)? = monitor.locked {
      guard finished.ordinal == next && !isWriting else {
        return (window.reserve(output), window.reserve(error))
      }
      isWriting = true
      return nil
    }
    do throws(SystemError) {
      guard let places else {
        defer { monitor.locked { advance() } }
        try gate.emit(output, error, of: finished.id.bytes, form, stop: stop)
        return finished
      }
      do throws(SystemError) {
        try window.fill(places.output, output)
        try window.fill(places.error, error)
      } catch {
        monitor.locked { remove(places.output, places.error) }
        skip(finished.ordinal)
        throw error
      }
      let entry = Waiting(finished: finished, output: places.output, error: places.error)
      monitor.locked {
        waiting[finished.ordinal] = entry
        waitingClaims += finished.claims.count
        monitor.wakeAll()
      }
      return nil
    } catch {
      finished.end = .outputLost(error)
      return finished
    }
  }

  /// Writes what waits, as its turn comes, until ``close()``; for a thread of its own.
  func release(_ report: (Finished) -> Void) {
    while let entry = nextEntry() {
      var finished = entry.finished
      do throws(SystemError) {
        try gate.emit(
          { (body) throws(SystemError) in try window.forEachPart(entry.output, body) },
          { (body) throws(SystemError) in try window.forEachPart(entry.error, body) },
          of: finished.id.bytes, form, stop: stop)
      } catch {
        finished.end = .outputLost(error)
      }
      monitor.locked {
        remove(entry.output, entry.error)
        advance()
      }
      report(finished)
    }
  }

  func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }

  /// Inside the monitor.
  private func remove(_ places: OutputWindow.Place...) {
    for place in places { window.remove(place) }
  }

  /// Inside the monitor.
  private func advance() {
    isWriting = false
    next += 1
    monitor.wakeAll()
  }

  /// The next one when its turn comes; nil when there is none to come.
  private func nextEntry() -> Waiting? {
    monitor.locked {
      while true {
        if !isWriting, let range = skipped.ranges.first, range.lowerBound <= next {
          next = max(next, range.upperBound)
          skipped.remove(contentsOf: range)
          continue
        }
        if !isWriting, let entry = waiting.removeValue(forKey: next) {
          isWriting = true
          waitingClaims -= entry.finished.claims.count
          return entry
        }
        if isClosed { return nil }
        monitor.wait()
      }
    }
  }
}
