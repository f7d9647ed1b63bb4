import CProcess
import Glibc

/// A descriptor that is readable when one of several is, or when a timer has ticked.
package final class ReadySet {
  /// nil where there was none to be had.
  package let descriptor: Int32?
  private let timer: Int32

  package init() {
    let (set, timer) = (qp_ready_set(), qp_timer())
    self.timer = timer
    descriptor = set >= 0 && timer >= 0 && qp_ready_add(set, timer) >= 0 ? set : nil
    if descriptor == nil, set >= 0 { close(set) }
  }

  deinit {
    if let descriptor { close(descriptor) }
    if timer >= 0 { close(timer) }
  }

  /// Adds a descriptor. It leaves when it is closed, at the latest.
  package func add(_ other: Int32) {
    if let descriptor { _ = qp_ready_add(descriptor, other) }
  }

  package func remove(_ other: Int32) {
    if let descriptor { qp_ready_remove(descriptor, other) }
  }

  /// Has it tick each so many nanoseconds; 0: never.
  package func tick(each nanoseconds: Int64) { qp_timer_set(timer, nanoseconds, nanoseconds) }

  /// Makes it readable now.
  package func ring() { qp_timer_set(timer, 1, 0) }

  /// Takes the ticks that came.
  package func drainTicks() {
    var ticks: UInt64 = 0
    _ = read(timer, &ticks, MemoryLayout.size(ofValue: ticks))
  }
}
