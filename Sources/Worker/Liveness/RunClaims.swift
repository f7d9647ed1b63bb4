import Glibc
import System

/// Which claims the runs of one slot carry, in the worker's file of runs, for whoever finds the worker
/// dead. Only runs of many claims have such a list; a claim that is in none has a run of its own.
///
/// ```
/// head (32)    entries ever written (8), number of the run (8), token of the claim that is charged (8),
///              reserved (8)
/// entry (16)   token (8), number of the run that carries it (8); the oldest are overwritten
/// ```
///
/// Numbers are the machine's own: nobody else reads them. Used by its slot's thread alone.
final class RunClaims {
  /// The most claims that may be settled after others of the same slot: those of two runs and all that
  /// was claimed ahead.
  static let capacity = 32_766
  static let size = headSize + capacity * entrySize
  static let headSize = 32
  static let entrySize = 16
  /// Stands for all claims of the run: each has started.
  static let all: UInt64 = 0
  /// None of them has.
  static let none = UInt64.max

  private let file: Int32
  private let path: String
  private let start: Int
  private var head: [UInt64] = [0, 0, none, 0]
  private var entries: [UInt64] = []

  init(_ records: RunRecords, slot: Int) {
    (file, path) = (records.descriptor, records.path)
    start = RunRecords.claimsOffset(slot: slot)
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
      let place = Int(head[0] % UInt64(Self.capacity))
      let part = min(count - done, Self.capacity - place)
      try write(
        entries[(done * 2)..<((done + part) * 2)], at: Self.headSize + place * Self.entrySize)
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

/// Where a claim of a dead worker was.
struct ClaimPlace: Equatable, Sendable {
  /// The number of the run that carries it.
  var run: UInt64
  /// Whether the handler had begun to work on it, as far as can be told.
  var isStarted: Bool
}

extension ClaimPlace {
  /// Reads the list of one slot into `places`, by the numbers of tokens.
  static func read(
    slot: Int, from file: Int32, _ path: String, into places: inout [UInt64: ClaimPlace]
  ) throws(SystemError) {
    let start = RunRecords.claimsOffset(slot: slot)
    let head = words(try readFully(RunClaims.headSize, from: file, at: start, path))
    guard head.count == 4, head[0] > 0 else { return }
    let count = Int(min(head[0], UInt64(RunClaims.capacity)))
    let entries = words(
      try readFully(
        count * RunClaims.entrySize, from: file, at: start + RunClaims.headSize, path))
    for place in stride(from: 0, to: entries.count - 1, by: 2) {
      let (token, run) = (entries[place], entries[place + 1])
      let isStarted = run == head[1] && (head[2] == RunClaims.all || head[2] == token)
      places[token] = ClaimPlace(run: run, isStarted: isStarted)
    }
  }

  private static func words(_ bytes: [UInt8]) -> [UInt64] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
  }
}
