import CLMDB

/// Whether lock file and data file agree about the last commit: asked when an environment is opened,
/// without waiting for anybody, and again under the writer lock before anything is written.
///
/// A process killed inside `mdb_env_open` while another waits there can leave transaction id 0 in the
/// lock file. Who reads then sees nothing; who writes gets id 1, and writes over pages and the meta page
/// of the newest commit. LMDB takes each transaction's id from the lock file, so it shows there.
extension EnvironmentHandle {
  /// How often a look that finds a contradiction looks again: a commit may have come in between.
  private static let looks = 3

  /// Throws unless what a read transaction sees is the last commit, or the one before.
  ///
  /// A commit writes its meta page first and its id into the lock file afterwards. Between the two, and
  /// after a writer that died or was stopped there, readers see the state before, which is whole: it was
  /// acknowledged, and the commit that is on its way to nobody. So a look needs no writer lock and no
  /// recovery. Only where an id is further behind, or ahead, the lock file is not to be trusted.
  func confirm() throws(LMDBError) {
    for look in 1...Self.looks {
      do throws(LMDBError) {
        return try confirmOnce()
      } catch {
        if look == Self.looks { throw error }
      }
    }
  }

  private func confirmOnce() throws(LMDBError) {
    let before = try information()
    let transaction = try ReadTransaction(in: self)
    let after = try information()
    guard before.lastTransactionID <= transaction.id + 1, transaction.id <= after.lastTransactionID
    else { throw LMDBError(.unsettled, "begin a read transaction") }
    // As long as the transaction lasts no page is used again that its list of free pages needs.
    _ = try freePages(after).checkMissing(upTo: after.lastPage)
    withExtendedLifetime(transaction.id) {}
  }

  /// Brings the two into agreement, or throws `.unsettled`. The caller has just begun the write
  /// transaction `id`: LMDB's recovery of a writer that died has run, and nobody commits meanwhile, so
  /// the data file's last id must be the one before.
  ///
  /// One commit behind is a lock file where a commit reached the disk that the disk denied, and its
  /// writer was told so: it was acknowledged to nobody. It is taken back, or this commit would write
  /// over its pages while it is the newest. Only the first commits cannot be told from an id of 0.
  ///
  /// The first time the file gets the pages that it lacks, so that the next opening need not look for
  /// them. A hole costs nothing.
  func settle(_ id: UInt64) throws(LMDBError) {
    let information = try information()
    let last = information.lastTransactionID
    if id == last, last > 2 {
      try DataFile.takeBack(commit: last, try dataFile, pageSize: information.pageSize)
    } else if id != last + 1 {
      throw LMDBError(.unsettled, "begin a write transaction")
    }
    guard !isSettled else { return }
    if try freePages(information).checkMissing(upTo: information.lastPage) {
      let size = (information.lastPage + 1) * information.pageSize
      try DataFile.setSize(try dataFile, to: size)
    }
    isSettled = true
  }

  /// Cuts off what a commit that failed has left behind the last page: on a full disk it would keep the
  /// room that nobody else can have. The caller keeps others from writing.
  func giveBack() throws(LMDBError) {
    let descriptor = try dataFile
    let pageSize = try information().pageSize
    let end = (try FreePages(descriptor: descriptor, pageSize: pageSize).lastPage() + 1) * pageSize
    guard try DataFile.size(of: descriptor) > end else { return }
    try DataFile.setSize(descriptor, to: end)
  }

  /// The descriptor of the data file. The corresponding C function is `mdb_env_get_fd`.
  var dataFile: Int32 {
    get throws(LMDBError) {
      var descriptor: Int32 = -1
      try check(mdb_env_get_fd(try pointer, &descriptor), "ask for the data file")
      return descriptor
    }
  }

  private func freePages(_ information: EnvironmentInformation) throws(LMDBError) -> FreePages {
    FreePages(descriptor: try dataFile, pageSize: information.pageSize)
  }
}
