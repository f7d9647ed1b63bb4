import Glibc
import LMDB

/// A directory that is removed with everything in it at the end of the test.
final class TestDirectory {
  let path: String

  init() {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(place)/lmdb-tests.XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
    }
    precondition(!path.isEmpty, "no temporary directory")
  }

  deinit {
    for name in ["data.mdb", "lock.mdb"] where unlink("\(path)/\(name)") != 0 {
      rmdir("\(path)/\(name)")
    }
    rmdir(path)
  }

  var dataFile: String { "\(path)/data.mdb" }

  var size: Int {
    var status = stat()
    return stat(dataFile, &status) == 0 ? Int(status.st_size) : -1
  }

  func create(mapSize: Int = 1 << 30, maximumReaders: Int = 2048) throws -> Environment {
    try Environment(
      directory: path,
      options: .init(create: true, mapSize: mapSize, maximumReaders: maximumReaders))
  }

  func writeDataFile(_ bytes: [UInt8]) {
    let descriptor = open(dataFile, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    precondition(write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  func truncate(to size: Int) {
    let descriptor = open(dataFile, O_WRONLY)
    precondition(ftruncate(descriptor, size) == 0)
    close(descriptor)
  }
}

extension Environment {
  /// A new database, committed.
  func makeDatabase(_ name: String = "test") throws -> Database {
    let transaction = try beginWrite()
    let database = try transaction.createDatabase(named: name)
    try transaction.commit()
    return database
  }

  /// Stores one value in a transaction of its own.
  func store(_ value: [UInt8], for key: [UInt8], in database: Database) throws {
    let transaction = try beginWrite()
    try transaction.put(value, for: key, in: database)
    try transaction.commit()
  }
}

/// The number as a key that sorts like it.
func key(_ number: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
}

/// The code an operation of this module fails with; nil if it succeeds.
func code(_ body: () throws(LMDBError) -> Void) -> LMDBError.Code? {
  do throws(LMDBError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
