import Glibc
import LMDB
import OrderedStore
import QueueCore
import QueueLogic
import System

/// An ordered store on LMDB, in a directory. One process may open a store once.
final class LMDBOrderedStore: OrderedStore {
  /// How long a process leaves the writer lock alone after a commit: without this pause four
  /// writers were seen to starve one another.
  static let pauseAfterCommit: Duration = .microseconds(60)

  /// How often a process that writes looks for readers that died.
  static let readerCheckInterval: Duration = .seconds(5)

  private let directory: StoreDirectory
  private let writerLock: WriterLock
  private let clock: @Sendable () -> Timestamp
  private var connection: Connection
  private var needsReopening = false
  private var lastReaderCheck = ContinuousClock.now
  private var lastCommit = ContinuousClock.now - pauseAfterCommit

  /// Opens the environment of a store that is there.
  init(_ directory: StoreDirectory, clock: @escaping @Sendable () -> Timestamp) throws(StoreError) {
    self.directory = directory
    self.clock = clock
    _ = try directory.environment()
    writerLock = try WriterLock(directory.writer)
    connection = try Connection(directory)
  }

  deinit { connection.closeForGood(directory) }

  var address: String { directory.path }
  var now: Timestamp { clock() }
  var isWanted: Bool { writerLock.isWanted }

  /// When the store's files were replaced it is one that it never is: who then looks is told.
  var revision: UInt64 {
    guard connection.isGenuine else { return .max }
    return (try? connection.environment.lastTransactionID) ?? 0
  }

  func read<Result>(_ body: (any OrderedReading) throws -> Result) throws(StoreError) -> Result {
    do {
      try reopenIfNeeded()
      try connection.refuseReplaced()
      try connection.openMissing()
      let transaction = try connection.environment.beginRead()
      let result = try body(LMDBTransaction(transaction, connection.databases, writes: false))
      // What is lent is good until here.
      _ = consume transaction
      return result
    } catch {
      throw StoreError(error, in: directory.path)
    }
  }

  func write<Result>(_ body: (any OrderedWriting) throws -> Result) throws(StoreError) -> Result {
    do {
      try reopenIfNeeded()
      let early = Self.pauseAfterCommit - (ContinuousClock.now - lastCommit)
      if early > .zero { usleep(UInt32(early.wholeMicroseconds)) }
      let mask = SignalSet.stops.block()
      defer { mask.restore() }
      try writerLock.acquire()
      defer { writerLock.release() }
      try connection.refuseReplaced()
      checkReaders()
      try connection.openMissing()
      return try commit(body)
    } catch {
      let failure = StoreError(error, in: directory.path)
      if failure.code == .commitUnknown { needsReopening = true }
      throw failure
    }
  }

  /// Runs `body`; what it was lent is gone when this returns, before the transaction ends. With the handles
  /// of all tables, those that were made among them.
  private func lend<Result>(
    _ transaction: borrowing WriteTransaction, _ body: (any OrderedWriting) throws -> Result
  ) throws -> (Result, [Database?]) {
    let lent = LMDBTransaction(transaction, connection.databases, writes: true)
    let result = try body(lent)
    return (result, lent.databases)
  }

  private func commit<Result>(_ body: (any OrderedWriting) throws -> Result) throws -> Result {
    do {
      let transaction = try connection.environment.beginWrite()
      let (result, databases) = try lend(transaction, body)
      try transaction.commit(in: directory.path)
      connection.keep(databases)
      lastCommit = .now
      return result
    } catch {
      // A full disk has no room for anything then, not even for a worker's directory.
      if [.commitUnknown, .inputOutput].contains(StoreError(error).code) {
        try? connection.environment.giveBackUnused()
      }
      throw error
    }
  }

  func wake(_ topic: UInt32) { WakeFile.touch(topic, in: directory) }
  func watch(_ topic: UInt32) -> any QueueWatch { WakeWatch(topic, in: directory) }
  func forget(_ topic: UInt32) { WakeFile.remove(topic, in: directory) }

  /// After a failed commit the environment in memory is not to be trusted.
  private func reopenIfNeeded() throws(StoreError) {
    guard needsReopening else { return }
    try connection.close(directory)
    connection = try Connection(directory)
    needsReopening = false
  }

  /// Frees the pages that readers which died still pin: as long as they do, the file grows.
  private func checkReaders() {
    guard ContinuousClock.now - lastReaderCheck > Self.readerCheckInterval else { return }
    lastReaderCheck = .now
    _ = try? connection.environment.checkReaders()
  }
}
