import Glibc
import PostgresStore
import System

/// Has the server clear away what it keeps of changed rows, where its own cleaner is too slow: a queue changes
/// more of its rows in a minute than it has.
struct HouseKeeping {
  /// From one look to the next, in microseconds.
  private static let interval: UInt32 = 5_000_000

  private let place: String

  init(_ place: String) { self.place = place }

  /// On a thread of its own, and a connection that it opens when there is something to do: the guard does not wait.
  func start() throws {
    _ = try WorkerThread.start(name: "q-vacuum", detached: true) { [place] in
      while true {
        usleep(Self.interval)
        Vacuum.run(at: place)
      }
    }
  }
}
