import LMDB

extension LMDBStore {
  /// What to say, and the status to exit with.
  public typealias LastWords = (message: String, status: Int32)

  /// Has the process end with these words where a damaged store leaves LMDB no way to say so, instead
  /// of dying of SIGBUS or SIGSEGV. Where that happens elsewhere it says `unclear`, and dies of it. To be
  /// called before the store is opened.
  public static func exitOnDamage(damaged: LastWords, unclear: String) {
    DamageExit.install(
      damaged: DamageExit.Words(damaged.message + "\n", status: damaged.status),
      unclear: unclear + "\n")
  }
}
