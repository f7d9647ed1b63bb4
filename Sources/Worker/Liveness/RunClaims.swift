import Glibc
import System

/// Which claims the runs of one slot carry, in the worker's file of runs, for whoever finds the worker
/// dead. Only runs of many claims have such a list; a claim that is in none has a run of its own.
///
/// See ``ClaimList`` for the layout. Used by its slot's thread alone.
final class RunClaims {
  private let file: Int32
  private let path: String
  private let start: Int
  private var head: [UInt64] = [0, 0, ClaimList.none, 0]
  private var entries: [UInt64] = []

  init(_ records: RunRecords, slot: Int) {
    (file, path) = (records.descriptor, records.path)
    start = ClaimList.offset(slot: slot)
  }

  /// A run begins, without claims.
  /// - Parameter charged: ``all``, ``none``, or the token of the one claim that has started.
  func begin(_ run: UInt64, charged: UInt64) throws(SystemError) {
    (head[1], head[2]) = (run, charged)
    try writeHead()
  }

  /// The run carries these claims too, from now on.
  func add(_ tokens: some Collection<UInt64>, charged: UInt64) throws(SystemError) {
    entries.removeAll(keepingCapacity: true)
    for token in tokens {
      entries.append(token)
      entries.append(head[1])
    }
    var done = 0
    let count = entries.count / 2
    while done < count {
      let place = Int(head[0] % UInt64(ClaimList.capacity))
      let part = min(count - done, ClaimList.capacity - place)
      try write(
        entries[(done * 2)..<((done + part) * 2)],
        at: ClaimList.headSize + place * ClaimList.entrySize)
      head[0] += UInt64(part)
      done += part
    }
    head[2] = charged
    try writeHead()
  }

  /// Another claim of the run is the one that has started.
  func charge(_ token: UInt64) throws(SystemError) {
    guard head[2] != token else { return }
    head[2] = token
    try writeHead()
  }

  private func writeHead() throws(SystemError) {
    try write(head[...], at: 0)
  }

  private func write(_ words: ArraySlice<UInt64>, at place: Int) throws(SystemError) {
    try words.withUnsafeBufferPointer { (words) throws(SystemError) in
      try writeFully(UnsafeRawBufferPointer(words), to: file, at: start + place, path)
    }
  }
}
