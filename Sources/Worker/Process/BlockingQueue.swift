import System

/// Values handed from threads to threads, in order.
///
/// @unchecked Sendable: `monitor` guards every stored variable.
package final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  private var elements: [Element?] = []
  private var first = 0
  private var closed = false

  package init() {}

  package var count: Int { monitor.locked { elements.count - first } }

  /// Adds at the end; after ``close()`` the value is dropped and the answer is false.
  @discardableResult
  package func push(_ element: Element) -> Bool {
    monitor.locked {
      if closed { return false }
      elements.append(element)
      monitor.wakeOne()
      return true
    }
  }

  /// The next value, or the part of it that `part` takes away, waiting for one; nil once the queue is
  /// closed and empty, or once `isDone` says so, which is asked again at each ``wakeAll()``.
  package func pop(
    unless isDone: () -> Bool = { false }, part: (inout Element) -> Element? = { _ in nil }
  ) -> Element? {
    monitor.locked {
      while !isDone() {
        if let taken = take(part) { return taken }
        if closed { return nil }
        monitor.wait()
      }
      // The wake-up may have been for a value, which somebody else has to take.
      monitor.wakeOne()
      return nil
    }
  }

  /// Lets everybody who waits look again.
  package func wakeAll() { monitor.locked { monitor.wakeAll() } }

  private func take(_ part: (inout Element) -> Element?) -> Element? {
    guard first < elements.count, var element = elements[first] else { return nil }
    elements[first] = nil
    let taken = part(&element)
    elements[first] = element
    guard let taken else { return takeFirst() }
    // Somebody else may take the rest.
    monitor.wakeOne()
    return taken
  }

  /// Whether nothing more will come.
  package var isClosed: Bool { monitor.locked { closed } }

  /// The next value, or nil if none came before `deadline` (``MonotonicTime``).
  package func pop(until deadline: UInt64) -> Element? {
    monitor.locked {
      while first == elements.count {
        if closed || !monitor.wait(until: deadline) { break }
      }
      return takeFirst()
    }
  }

  /// The next value, or a part of it, if there is one now.
  package func popNow(part: (inout Element) -> Element? = { _ in nil }) -> Element? {
    monitor.locked { take(part) }
  }

  /// Everything that is there now, at once.
  package func popAll() -> [Element] {
    monitor.locked {
      let all = elements[first...].compactMap { $0 }
      elements.removeAll(keepingCapacity: true)
      first = 0
      return all
    }
  }

  /// Takes no more; who waits gets what is left, then nil.
  package func close() {
    monitor.locked {
      closed = true
      monitor.wakeAll()
    }
  }

  private func takeFirst() -> Element? {
    guard first < elements.count else { return nil }
    let element = elements[first]
    elements[first] = nil
    first += 1
    // Amortised: the used front goes once it is half of the array.
    if first == elements.count {
      elements.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 64, first * 2 >= elements.count {
      elements.removeFirst(first)
      first = 0
    }
    return element
  }
}
