import LMDB

extension LMDBStore {
  /// What to say, and the status to exit with.
  public typealias LastWords = (message: String, status: Int32)

  /// Has the process end with these words where a damaged store leaves LMDB no way to say so, instead
  /// of dying of SIGBUS, SIGSEGV or SIGABRT; with `unclear` where that may be a defect of the program
  /// as well. To be called before the store is opened.
  public static func exitOnDamage(damaged: LastWords, unclear: LastWords) {
    DamageExit.install(
      damaged: DamageExit.Words(damaged.message + "\n", status: damaged.status),
      unclear: DamageExit.Words(unclear.message + "\n", status: unclear.status))
  }
}
