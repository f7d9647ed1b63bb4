import System

/// How a slot's list of claims lies in the worker's file of runs, far behind the records.
///
/// ```
/// head (32)    entries ever written (8), number of the run (8), token of the claim that is charged (8),
///              reserved (8)
/// entry (16)   token (8), number of the run that carries it (8); the oldest are overwritten
/// ```
///
/// Numbers are the machine's own: nobody else reads them.
enum ClaimList {
  static let capacity = 65_534
  /// The most claims of streams that may be under way. A claim that is due is listed again before the list
  /// has gone round by a quarter, and no more than this are answered and not settled: so whatever a run
  /// carries stands in the list.
  static let mostDue = 12_000
  /// After so many entries what is due is listed again.
  static let quarter = capacity / 4
  static let size = headSize + capacity * entrySize
  static let headSize = 32
  static let entrySize = 16
  /// Stands for all claims of the run: each has started.
  static let all: UInt64 = 0
  /// None of them has.
  static let none = UInt64.max

  /// Where it begins. The file has holes where no slot ever wrote any.
  static func offset(slot: Int) -> Int { start + slot * size }
  private static let start = 1 << 18
}

/// Where a claim of a dead worker was.
struct ClaimPlace: Equatable, Sendable {
  /// The number of the run that carries it.
  var run: UInt64
  /// Whether the handler had begun to work on it, as far as can be told.
  var isStarted: Bool
}

extension ClaimPlace {
  /// Reads where claims are from the list of one slot into `places`, by the numbers of their tokens.
  static func read(
    _ claims: Set<UInt64>, slot: Int, from file: Int32, _ path: String,
    into places: inout [UInt64: ClaimPlace]
  ) throws(SystemError) {
    let start = ClaimList.offset(slot: slot)
    let head = words(try readFully(ClaimList.headSize, from: file, at: start, path))
    guard head.count == 4, head[0] > 0 else { return }
    let count = Int(min(head[0], UInt64(ClaimList.capacity)))
    let entries = words(
      try readFully(
        count * ClaimList.entrySize, from: file, at: start + ClaimList.headSize, path))
    for place in stride(from: 0, to: entries.count - 1, by: 2)
    where claims.contains(entries[place]) {
      let (token, run) = (entries[place], entries[place + 1])
      let isStarted = run == head[1] && (head[2] == ClaimList.all || head[2] == token)
      places[token] = ClaimPlace(run: run, isStarted: isStarted)
    }
  }

  private static func words(_ bytes: [UInt8]) -> [UInt64] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
  }
}
