import OrderedStore
import QueueCore

/// The byte layouts of format version 2. All numbers are big-endian; `varint` is LEB128, seven bits
/// a byte, low bits first; `time` is 8 bytes of microseconds since 1970.
///
/// ```
/// sub-database  key                     value
/// items         key (12)                time enqueued, flags (1), varint id length, id, payload if inline
/// payloads      key                     payload of an item whose record would be over 1 KB
/// ids           queue (4), id ≤ 506     rank (8): priority and sequence, the rest of the key; of an item that was
///                                       pruned: status (1: 0 done, 1 failed), if it had a payload, or the id is
///                                       long, SipHash-2-4-128 of that keyed by 0 and 1, 0 for none (16), a long id
///               queue (4), prefix (490), SipHash-2-4-128 of the id keyed by the store's number (16), probe (1)
/// pending       key                     tally
/// delayed       key                     time until, reason (1), what it awaits if that is 3, run flag (1), run if
///                                       flag, tally
/// due           queue (4), time, rank   (empty)
/// processing    key                     token (8), varint worker (0: a lease), time since, flags (1), time
///                                       of its end if it is a lease, tally; flags: 1 orphaned, 2 repeats
/// leases        time of its end, token (8)   key
/// done, failed  key                     reason (1), run, tally
/// outputs       key                     varint length of what is kept of stdout, that, what is kept of stderr
/// queues        queue (4)               next sequence (8), nine counts (8 each), pause (1), time,
///                                       varint name length, name, settings
/// names         name                    queue (4)
/// meta          "format"                version (4)
///               "identity"              the store's number (8), device and inode of `locks` (8 each), salt
///                                       of its tokens (8, where it is not zero)
///               "numbers"               next queue, worker, token (8 each)
///               "revoked", queue (4), token (8): of a removed item whose run has not ended: its rank
///                                       (8), varint worker, varint group, what it reserves, id
///               "feeds", queue (4), queue (4): items of the first emit into the second   (empty)
///               "releases", batch (4), end (1), round (4): who awaits that may go on   (empty)
/// workers       worker (8)              pid (4), start ticks (8), PID namespace (8), time, boot id;
///                                       NUL, the settings that it was told, its queue's name
/// history       queue (4), minute (4)   time of the first end, 0 for none; enqueued, done, failed,
///                                       retried as varints
/// groups        queue (4), group (4)    place, five counts and that of its revoked runs as varints, flags (1);
///                                       as these say: varint limit, rate, rest until, next start (times)
/// group-names   queue (4), 0, group (4) name
///               queue (4), 1, name      group (4)
/// grouped       queue (4), group (4), rank   (empty)
/// turns         queue (4), place, group (4)  (empty)
///
/// batches       batch (4)               flags (1: sealed), five counts, that of entries of `awaiting`, rounds of each
///                                       end, next filling as varints, those fillings that have not ended
/// batch-names   0, batch (4)            name
///               1, name                 batch (4)
/// awaiting      queue (4), batch (4), end (1), round (4), rank   (empty)
///
/// budgets       queue (4), unit         spent, reserved, spent by items that are gone (varints, in millionths); once
///                                       there was a rate: time at which it is worked off, varint that is owed
/// spent         key                     what its runs have spent, what its claim reserves
///
/// results       queue (4), end (8)      rank (8), status (1: 0 done, 1 failed), form (1: 0 bytes, 1 text, 2 JSON,
///                                       255 no result), the result
/// ends          key                     number of its end (8)
/// readers       queue (4), name         the end that it has read last (8)
/// recipes       key                     by what it has ended
///
/// key    queue (4), priority (1), sequence (7)
/// tally  attempts, crashes, time-outs, deferrals, losses, group, batch as varints; zeros at the end are left out
/// what it awaits  number of those (1); of each batch (4), end (1: 0 complete, 1 ended), round (4)
/// settings  number of those that are set (1); of each its tag (1) and varints, durations in
///        microseconds: 1 attempts, 2 losses, 3 back-off from, to, 4 time-out, 5 rate: count, period,
///        6 workers; beside them, of a queue alone: 7 next start at the rate (a time), 8 count of what
///        leases hold, where it is not 0, 9 limit of each group, 10 rate of each group, 11 once it has had a
///        group: the sequence from which on items are in `grouped`, next group, next turn, 12 count of what
///        awaits batches, where it is not 0, 13 budgets: varint number of units, of each its varint length, its name,
///        flags (1), as these say varint limit, varint amount and period of its rate, 14 once something was spent or
///        reserved: 1, 15 once its ends are numbered: next end,
///        16 count of pruned ids, where it is not 0, 17 once an item has ended by a recipe: 1, 18 time that what is
///        done is kept; how far it is looked through for that, once it was: 19 rank, first end met, moment to go on (times),
///        20 its next end when it came from elsewhere, where it did
/// what is spent or reserved  varint number of units; of each in order: varint length, name, varint millionths
/// place  0 no place; 1 ready: priority (1), turn (8); 2 resting: time; 3 full
/// rate   varint count, varint microseconds
/// run    exit kind (1), varint status, signal or errno, time started, zigzag varint microseconds to
///        its end, varint length of the message, message
/// ```
///
/// Version 1 is the same without leases, groups, batches, budgets, `spent`, results, recipes, `feeds` and `revoked`, and without settings of workers.
///
/// A change of any layout takes a new version, a store of the old one under `fixtures/`, and a test
/// that opens it.
enum Format {
  /// The version that this code writes; a store of an older one becomes this with the first write.
  static let version: UInt32 = 2
  /// The oldest version that this code reads.
  static let oldestVersion: UInt32 = 1
  /// The version from which on every store has a table.
  static func beginning(of table: Table) -> UInt32 { table.number < Table.leases.number ? 1 : 2 }

  /// The longest id that is its own key in `ids`: 511, LMDB's longest key, less the queue number,
  /// less one, so that a longer id's key cannot be mistaken for it.
  static let longestDirectID = 506
  /// How much of a longer id its key begins with.
  static let longIDPrefix = 490
  /// The largest `items` value that holds its payload inline, in bytes.
  static let largestInlineItem = 1_000

  /// No sequence, token, turn, worker or group comes near: a larger number is damage. The bytes of `locks` that
  /// stand for workers end where those of runs begin.
  static let numbersEnd: UInt64 = 1 << 62
  static let workersEnd: UInt64 = 1 << 40
  static let groupsEnd: UInt32 = 1 << 31
  static let batchesEnd: UInt32 = 1 << 31
  static let fillsEnd: UInt32 = 1 << 28

  /// The version of a store. Throws `.formatVersion` for one that this code does not read.
  static func version(in transaction: any OrderedReading, _ address: String) throws -> UInt32 {
    let format = try transaction.bytes(for: formatKey, in: .meta) ?? []
    let version = format.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    guard oldestVersion...self.version ~= version else {
      throw StoreError(
        .formatVersion,
        "cannot use \(address): it has format \(version), this program reads "
          + "\(oldestVersion) to \(self.version): use a matching version of the program")
    }
    return version
  }

  static let formatKey = Array("format".utf8)
  static let identityKey = Array("identity".utf8)
  static let numbersKey = Array("numbers".utf8)
  static let revoked = Array("revoked".utf8)
  static let feeds = Array("feeds".utf8)
  static let releases = Array("releases".utf8)
}
