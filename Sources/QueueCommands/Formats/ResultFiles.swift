import Glibc
import QueueCore
import System
import Worker

/// What runs wrote and how they ended, in files: `DIR/3f/a0/NAME.out`, `NAME.err` and `NAME.json`.
///
/// NAME is the id, of several the first, with each byte but letters, digits, `_`, `-` and dots behind the first as `%HH`. A
/// longer one than 200 bytes is cut there, and `~` and the item's place in its queue make it unique.
/// The two folders spread the files: they are of the id's FNV-1a hash. The `.json` is taken away
/// first and written last, so that where it is, the other two belong to it.
///
/// Sendable: a path and a descriptor that never change.
final class ResultFiles: RunRecorder {
  private static let longestName = 200
  private let path: String
  private let directory: FileDescriptor
  private let syncs: Bool

  /// Makes the directory if there is none.
  init(_ path: String, syncs: Bool) throws(CommandError) {
    self.path = path
    self.syncs = syncs
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw CommandError(.cannotCreate, "cannot make the results: \(path): \(SystemError.reason())")
    }
    do throws(SystemError) {
      directory = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    } catch {
      throw CommandError(.cannotCreate, "cannot use the results: \(path): \(error.reason)")
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw CommandError(
        .cannotCreate, "cannot write the results: \(path): \(SystemError.reason())")
    }
  }

  var needsOutput: Bool { true }

  func record(_ run: RunFacts, output: Spool, error: Spool) throws(SystemError) {
    let name = try place(run)
    unlinkat(directory.number, name + ".json", 0)
    try write(name + ".out") { (put) throws(SystemError) in try output.forEachPart(put) }
    try write(name + ".err") { (put) throws(SystemError) in try error.forEachPart(put) }
    let text = Array((Self.json(run) + "\n").utf8)
    try write(name + ".new") { (put) throws(SystemError) in
      try text.withUnsafeBufferPointer { (text) throws(SystemError) in
        try put(UnsafeRawBufferPointer(text))
      }
    }
    if renameat(directory.number, name + ".new", directory.number, name + ".json") != 0 {
      throw SystemError("rename", "\(path)/\(name).json")
    }
  }

  /// One call for all files of the file system: those of a whole group of runs share it.
  func sync() throws(SystemError) {
    guard syncs else { return }
    try Directory.syncFileSystem(of: directory.number, path)
  }

  /// Where a run's files are, without their endings; makes the folders.
  private func place(_ run: RunFacts) throws(SystemError) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in run.ids[0].bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var folder = ""
    for shift in [0, 8] as [UInt64] {
      folder += Self.hex(UInt8(truncatingIfNeeded: hash >> shift))
      if mkdirat(directory.number, folder, 0o777) != 0, errno != EEXIST {
        throw SystemError("mkdir", "\(path)/\(folder)")
      }
      folder += "/"
    }
    return folder + Self.name(run.ids[0], run.key)
  }

  /// The id as a file's name.
  static func name(_ id: ItemID, _ key: ItemKey) -> String {
    var name = ""
    for byte in id.bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where !name.isEmpty: name += "."
      default: name += "%" + hex(byte)
      }
      if name.utf8.count > longestName {
        return name.prefix(longestName) + "~" + String(key.rank, radix: 16)
      }
    }
    return name
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  private func write(
    _ name: String,
    _ parts: ((UnsafeRawBufferPointer) throws(SystemError) -> Void) throws(SystemError) -> Void
  ) throws(SystemError) {
    let place = "\(path)/\(name)"
    let file = try FileDescriptor(
      opening: name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666, in: directory.number, place)
    let number = file.number
    try parts { (part) throws(SystemError) in try writeFully(part, to: number, place) }
  }

  private static func json(_ run: RunFacts) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("id", run.ids[0].bytes)
      if run.ids.count > 1 { writer.member("ids", run.ids.map(\.bytes)) }
      writer.member("attempt", run.attempt)
      switch run.exit {
      case .exited(let status): writer.member("exit", status)
      case .signalled(let signal): writer.member("signal", signal)
      case .notStarted(let code): writer.member("errno", code)
      }
      writer.member("timed_out", run.timedOut)
      writer.member("started", run.startedAt)
      writer.member("ended", run.endedAt)
      writer.member("duration_ms", run.duration / 1_000_000)
      writer.member("command", ShellWords.quoted(run.command))
    }
    return writer.text
  }
}
