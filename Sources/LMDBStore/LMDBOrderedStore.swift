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

  let directory: StoreDirectory
  private let writerLock: WriterLock
  private let clock: @Sendable () -> Timestamp
  let tenancy: Tenancy
  /// Of a store that is being made nobody waits for anything.
  private let isBeingMade: Bool
  private var lastReaderCheck = ContinuousClock.now
  private var lastCommit = ContinuousClock.now - pauseAfterCommit

  /// Opens the environment of a store that is there.
  init(_ directory: StoreDirectory, clock: @escaping @Sendable () -> Timestamp) throws(StoreError) {
    self.directory = directory
    self.clock = clock
    _ = try directory.environment()
    writerLock = try WriterLock(directory.writer)
    tenancy = try Tenancy(directory)
    isBeingMade = false
  }

  /// Opens the environment of a store that is being made.
  init(making directory: StoreDirectory, in environment: String) throws(StoreError) {
    self.directory = directory
    clock = WallClock.now
    writerLock = try WriterLock(directory.writer)
    tenancy = try Tenancy(making: directory, in: environment)
    isBeingMade = true
  }

  deinit { tenancy.leave() }

  var address: String { directory.path }
  var now: Timestamp { clock() }
  var isWanted: Bool { writerLock.isWanted }

  /// Goes on growing when an environment replaces another, whose commits are numbered from 1 again. When the
  /// store's files were replaced, or a compaction has closed them, it is one that it never is: who then looks is
  /// told, or opens them again.
  var revision: UInt64 {
    tenancy.look { connection in
      guard connection.isGenuine else { return .max }
      return connection.revision((try? connection.environment.lastTransactionID) ?? 0)
    } givenUp: { closings in
      .max - closings
    }
  }

  func read<Result>(_ body: (any OrderedReading) throws -> Result) throws(StoreError) -> Result {
    do {
      return try tenancy.lend { connection in
        try connection.refuseReplaced()
        try connection.openMissing()
        let transaction = try connection.environment.beginRead()
        let result = try body(
          LMDBTransaction(
            transaction, connection.databases, revision: connection.revision(transaction.id),
            writes: false))
        // What is lent is good until here.
        _ = consume transaction
        return result
      }
    } catch {
      throw StoreError(error, in: directory.path)
    }
  }

  func write<Result>(_ body: (any OrderedWriting) throws -> Result) throws(StoreError) -> Result {
    do {
      let early = Self.pauseAfterCommit - (ContinuousClock.now - lastCommit)
      if early > .zero { usleep(UInt32(early.wholeMicroseconds)) }
      return try tenancy.lend { connection in
        let mask = SignalSet.stops.block()
        defer { mask.restore() }
        try writerLock.acquire()
        defer { writerLock.release() }
        try connection.refuseReplaced()
        checkReaders(connection)
        try connection.openMissing()
        return try commit(body, connection)
      }
    } catch {
      let failure = StoreError(error, in: directory.path)
      if failure.code == .commitUnknown { tenancy.doubt() }
      throw failure
    }
  }

  /// Runs `body`; what it was lent is gone when this returns, before the transaction ends. With the handles
  /// of all tables, those that were made among them.
  private func lend<Result>(
    _ transaction: borrowing WriteTransaction, _ connection: Connection,
    _ body: (any OrderedWriting) throws -> Result
  ) throws -> (Result, [Database?]) {
    let lent = LMDBTransaction(
      transaction, connection.databases, revision: connection.revision(transaction.id),
      writes: true)
    let result = try body(lent)
    return (result, lent.databases)
  }

  private func commit<Result>(
    _ body: (any OrderedWriting) throws -> Result, _ connection: Connection
  ) throws -> Result {
    do {
      let transaction = try connection.environment.beginWrite()
      let (result, databases) = try lend(transaction, connection, body)
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

  func wake(_ topic: UInt32) {
    if !isBeingMade { WakeFile.touch(topic, in: directory) }
  }
  func watch(_ topic: UInt32) -> any QueueWatch { WakeWatch(topic, in: directory) }
  func forget(_ topic: UInt32) { WakeFile.remove(topic, in: directory) }

  /// Frees the pages that readers which died still pin: as long as they do, the file grows.
  private func checkReaders(_ connection: Connection) {
    guard ContinuousClock.now - lastReaderCheck > Self.readerCheckInterval else { return }
    lastReaderCheck = .now
    _ = try? connection.environment.checkReaders()
  }
}
