/// Reads the free list out of a data file without LMDB and without its map.
///
/// A data file may be shorter than its last page number says. That is no damage if the pages it
/// lacks are free: LMDB does not write pages that were allocated and dropped in one transaction.
/// LMDB itself cannot be asked, since it reads through the map, where a missing page is SIGBUS, and
/// it aborts the process when a neighbour in a tree turns out not to be a leaf.
///
/// The layout is that of data version 1 (all of 0.9), 64-bit little-endian; see `mdb.c`, `MDB_page`,
/// `MDB_node`, `MDB_meta`. Every number is checked against its page before it is used.
struct FreePages {
  let descriptor: Int32
  let pageSize: Int

  private static let header = 16
  private static let noPage = UInt64.max

  /// Throws `.truncated` unless every page from the file's end to `lastPage` is free, and says whether
  /// there are such. The caller holds the writer lock, or a read transaction, so that the list stays as
  /// it is meanwhile.
  func checkMissing(upTo lastPage: Int) throws(LMDBError) -> Bool {
    let size = try DataFile.size(of: descriptor)
    let present = size / pageSize
    guard present <= lastPage else { return false }
    var free: Set<UInt64> = []
    let missing = UInt64(present)...UInt64(lastPage)
    try forEachFree { if missing.contains($0) { free.insert($0) } }
    guard free.count == missing.count else { throw Self.damage }
    return true
  }

  /// The greater of the last pages of the two meta pages: whichever counts, no page behind it is used.
  func lastPage() throws(LMDBError) -> Int {
    var last: UInt64 = 0
    for number in 0..<UInt64(2) {
      let page = try read(number, bytes: pageSize)
      let magic: UInt32 = try page.number(at: 16)
      guard magic == 0xBEEF_C0DE else { throw LMDBError(.invalid, "read a meta page") }
      last = max(last, try page.number(at: 136))
    }
    guard last < UInt64(Int.max / pageSize) else { throw Self.damage }
    return Int(last)
  }

  private func forEachFree(_ body: (UInt64) -> Void) throws(LMDBError) {
    var branches = [try root()].filter { $0 != Self.noPage }
    var visited = 0
    while let number = branches.popLast() {
      visited += 1
      // More pages than the file has: the tree bites its own tail.
      guard visited <= Int(try DataFile.size(of: descriptor)) / pageSize else { throw Self.damage }
      let page = try read(number, bytes: pageSize)
      let flags: UInt16 = try page.number(at: 10)
      guard flags & 0x01 != 0 || flags & 0x02 != 0 else { throw Self.damage }
      for node in try nodes(of: page) {
        if flags & 0x01 != 0 {
          branches.append(try child(of: node, in: page))
        } else {
          try list(of: node, in: page, body)
        }
      }
    }
  }

  /// The root of the free list in the newer of the two meta pages.
  private func root() throws(LMDBError) -> UInt64 {
    var newest: (transaction: UInt64, root: UInt64)?
    for number in 0..<UInt64(2) {
      let page = try read(number, bytes: pageSize)
      let magic: UInt32 = try page.number(at: 16)
      guard magic == 0xBEEF_C0DE else { throw LMDBError(.invalid, "read a meta page") }
      let transaction: UInt64 = try page.number(at: 144)
      if newest.map({ $0.transaction < transaction }) ?? true {
        newest = (transaction, try page.number(at: 80))
      }
    }
    return newest?.root ?? Self.noPage
  }

  private func nodes(of page: Bytes) throws(LMDBError) -> [Int] {
    let lower: UInt16 = try page.number(at: 12)
    var nodes: [Int] = []
    for place in stride(from: Self.header, to: Int(lower), by: 2) {
      let node: UInt16 = try page.number(at: place)
      nodes.append(Int(node))
    }
    return nodes
  }

  /// A branch node's page number is split over its size and flag fields.
  private func child(of node: Int, in page: Bytes) throws(LMDBError) -> UInt64 {
    let low: UInt32 = try page.number(at: node)
    let high: UInt16 = try page.number(at: node + 4)
    return UInt64(low) | UInt64(high) << 32
  }

  /// A leaf node's value: a count, then so many page numbers; on pages of its own if it is long.
  private func list(of node: Int, in page: Bytes, _ body: (UInt64) -> Void) throws(LMDBError) {
    let size: UInt32 = try page.number(at: node)
    let flags: UInt16 = try page.number(at: node + 4)
    let keySize: UInt16 = try page.number(at: node + 6)
    var place = node + 8 + Int(keySize)
    var bytes = page
    if flags & 0x01 != 0 {
      bytes = try read(try page.number(at: place), bytes: Self.header + Int(size))
      place = Self.header
    }
    let count: UInt64 = try bytes.number(at: place)
    guard count < UInt64(size) / 8 else { throw Self.damage }
    for index in 0..<Int(count) { body(try bytes.number(at: place + 8 + 8 * index)) }
  }

  private func read(_ page: UInt64, bytes count: Int) throws(LMDBError) -> Bytes {
    guard page < UInt64(Int.max / pageSize) else { throw Self.damage }
    let bytes = try DataFile.read(descriptor, at: Int(page) * pageSize, count: count)
    guard bytes.count == count else { throw Self.damage }
    return Bytes(bytes: bytes)
  }

  private static var damage: LMDBError { LMDBError(.truncated, "read the list of free pages") }

  /// Pages as read; numbers in them lie at any address.
  private struct Bytes {
    let bytes: [UInt8]

    func number<Number: FixedWidthInteger & BitwiseCopyable>(at place: Int) throws(LMDBError)
      -> Number
    {
      guard place >= 0, place + MemoryLayout<Number>.size <= bytes.count else {
        throw FreePages.damage
      }
      return Number(
        littleEndian: bytes.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: place, as: Number.self)
        })
    }
  }
}
