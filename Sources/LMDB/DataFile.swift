import Glibc
import System

/// What the system knows of the files of an environment, before and beside LMDB.
enum DataFile {
  /// No environment is smaller: two meta pages, of the smallest pages LMDB runs with here.
  private static let smallest = 2 * 4096

  /// The directory's identity. Throws `.noSuchFile` without it.
  static func identity(of directory: String) throws(LMDBError) -> FileIdentity {
    guard let status = try status(of: directory) else {
      throw LMDBError(.noSuchFile, "open \(directory)")
    }
    return status.identity
  }

  /// The bytes of an environment's data file, 0 if it is to be created.
  ///
  /// LMDB would write a new environment over an empty file, so whatever is no data file is refused:
  /// `.noSuchFile`, `.invalid` (a pipe, a directory), `.truncated`.
  static func size(in directory: String, create: Bool) throws(LMDBError) -> Int {
    let path = "\(directory)/data.mdb"
    guard let status = try status(of: path) else {
      if create { return 0 }
      throw LMDBError(.noSuchFile, "open \(path)")
    }
    guard status.isRegular else {
      throw LMDBError(.invalid, "open \(path), which is not a regular file")
    }
    guard status.size >= smallest else {
      throw LMDBError(.truncated, "open \(path) of \(status.size) bytes")
    }
    return status.size
  }

  /// The bytes of an open file.
  static func size(of descriptor: Int32) throws(LMDBError) -> Int {
    do throws(SystemError) {
      return try FileStatus(of: descriptor, "").size
    } catch {
      throw failure("measure the data file", error.code)
    }
  }

  /// Makes an open file `size` bytes long. The caller keeps others from changing it.
  static func setSize(_ descriptor: Int32, to size: Int) throws(LMDBError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else {
      throw failure("change the size of the data file")
    }
  }

  /// Makes the newer of the two meta pages the older one. The caller holds LMDB's writer lock.
  ///
  /// The layout is that of ``FreePages``: a meta page's transaction id stands at 144.
  static func takeBack(
    commit: UInt64, _ descriptor: Int32, pageSize: Int
  ) throws(LMDBError) {
    var older = (commit - 2).littleEndian
    let place = off_t(Int(commit & 1) * pageSize + 144)
    guard pwrite(descriptor, &older, 8, place) == 8, fdatasync(descriptor) == 0 else {
      throw failure("take back a commit that the disk denied")
    }
  }

  /// The greater of the transaction ids in the two meta pages; nil where there are none to be read.
  ///
  /// The layout is that of ``FreePages``: the page's size stands at 40, the transaction's id at 144.
  static func lastCommit(in directory: String) -> UInt64? {
    guard
      let file = try? FileDescriptor(opening: "\(directory)/data.mdb", O_RDONLY | O_NOFOLLOW),
      let first = try? read(file.number, at: 0, count: 152), first.count == 152
    else { return nil }
    let size = first[40..<44].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard let second = try? read(file.number, at: size, count: 152), second.count == 152 else {
      return nil
    }
    return [first, second].map { $0[144..<152].reversed().reduce(0) { $0 << 8 | UInt64($1) } }.max()
  }

  /// Keeps a descriptor from programs this process executes: LMDB 0.9 leaves its data file's open.
  static func closeOnExecute(_ descriptor: Int32) throws(LMDBError) {
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw failure("set close-on-exec") }
  }

  /// Up to `count` bytes of an open file; fewer only where it ends.
  static func read(_ descriptor: Int32, at offset: Int, count: Int) throws(LMDBError) -> [UInt8] {
    do throws(SystemError) {
      return try readFully(count, from: descriptor, at: offset)
    } catch {
      throw failure("read the data file", error.code)
    }
  }

  /// Writes at a place of an open file.
  static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) throws(LMDBError) {
    do throws(SystemError) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try writeFully(UnsafeRawBufferPointer(bytes), to: descriptor, at: offset)
      }
    } catch {
      throw failure("write the copy", error.code)
    }
  }

  private static func status(of path: String) throws(LMDBError) -> FileStatus? {
    do throws(SystemError) {
      return try FileStatus(of: path)
    } catch {
      if error.code == ENOENT { return nil }
      throw failure("open \(path)", error.code)
    }
  }

  private static func failure(_ operation: String, _ code: Int32 = errno) -> LMDBError {
    LMDBError(LMDBError.Code(rawValue: code), operation)
  }
}
