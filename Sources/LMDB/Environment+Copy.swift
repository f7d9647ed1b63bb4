import Glibc
import System

/// A copy of an environment in use, page by page. It waits for no writer, nor has one wait.
extension Environment {
  /// Writes a copy as of now to an open, empty file. A read transaction is open for the duration. What is written is
  /// not synced.
  ///
  /// `mdb_env_copyfd2` takes LMDB's writer lock to begin, which a process that was stopped may hold for ever.
  public func copy(to descriptor: Int32) throws(LMDBError) {
    while !(try copyPages(to: descriptor)) {}
  }

  /// Copies all pages of a snapshot. No page in use in it is written to while its transaction is open; what the
  /// others hold is of no account. False, with nothing copied, when two more commits came before its meta page was
  /// read: the second has written over that.
  ///
  /// The layout is that of ``FreePages``: a page's number stands at 0; in a meta page the number of the last page at
  /// 136, the transaction's id at 144.
  private func copyPages(to target: Int32) throws(LMDBError) -> Bool {
    let transaction = try beginRead()
    defer { withExtendedLifetime(transaction.id) {} }
    let source = try handle.dataFile
    let pageSize = try handle.information().pageSize
    let slot = Int(transaction.id & 1)
    var meta = try DataFile.read(source, at: slot * pageSize, count: pageSize)
    func number(at place: Int) -> UInt64 {
      meta[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard meta.count == pageSize, number(at: 144) == transaction.id else { return false }
    let size = (Int(number(at: 136)) + 1) * pageSize
    try DataFile.setSize(target, to: size)
    // Both meta pages are of this commit: the next one replaces the older of two, as it would have.
    for page in 0...1 {
      meta[0] = UInt8(page)
      try DataFile.write(meta, to: target, at: page * pageSize)
    }
    var place = 2 * pageSize
    while place < size {
      let part = try DataFile.read(source, at: place, count: min(1 << 20, size - place))
      // Behind the end of the file there is nothing in use.
      if part.isEmpty { break }
      try DataFile.write(part, to: target, at: place)
      place += part.count
    }
    return true
  }
}
