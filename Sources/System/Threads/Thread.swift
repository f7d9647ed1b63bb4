import CProcess
import Glibc

/// A plain pthread with every signal blocked: signals are the business of one thread alone.
///
/// Never a Task or Dispatch: a handler dies with the *thread* that started it
/// (PR_SET_PDEATHSIG), so a slot's thread must be one that we end ourselves.
package struct WorkerThread: Sendable {
  private let thread: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    let name: String
    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts a thread; a joinable one must be joined once.
  /// - Parameter stackSize: bytes; 256 KiB is four times what a slot uses.
  package static func start(
    name: String = "q", stackSize: Int = 256 * 1024, detached: Bool = false,
    _ run: @escaping @Sendable () -> Void
  ) throws(SystemError) -> WorkerThread {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    if detached { pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) }

    let before = SignalSet.all.block()
    defer { before.restore() }

    let body = Unmanaged.passRetained(Body(name, run))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        qp_set_thread_name(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    if error != 0 {
      body.release()
      throw SystemError("pthread_create", name, code: error)
    }
    return WorkerThread(thread: thread)
  }

  /// Waits for a joinable thread to end.
  package func join() { pthread_join(thread, nil) }
}
