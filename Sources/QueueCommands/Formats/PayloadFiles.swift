import Glibc
import QueueCore
import System

/// The files below a directory, each with what it holds, in the order of their names.
struct PayloadFiles {
  /// What a file is.
  enum File {
    case payload([UInt8])
    /// Why it cannot be one.
    case failure(String)
  }

  private let root: [UInt8]

  /// Throws unless there is a directory that can be read.
  init(_ path: String) throws(CommandError) {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    root = bytes
    do throws(SystemError) {
      try Directory.forEachName(in: path) { _ in }
    } catch {
      let status: ExitStatus = error.code == EACCES ? .permission : .noInput
      throw CommandError(status, "cannot read \(path): \(error.reason)")
    }
  }

  /// Hands over each regular file; what is none is passed over, links as well.
  func forEach(_ body: ([UInt8], File) throws -> Void) throws {
    var directories = [root]
    while let directory = directories.popLast() {
      var names: [[UInt8]] = []
      do throws(SystemError) {
        try Directory.forEachName(in: Self.terminated(directory)) { name in
          let name = Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
          if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
      } catch {
        try body(directory, .failure(error.reason))
        continue
      }
      var below: [[UInt8]] = []
      for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let path = directory + (directory.last == 0x2f ? [] : [0x2f]) + name
        var status = stat()
        guard lstat(Self.terminated(path), &status) == 0 else {
          // It may have gone since.
          if errno != ENOENT { try body(path, .failure(SystemError.reason())) }
          continue
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: below.append(path)
        case S_IFREG: try body(path, Self.read(path, Int(status.st_size)))
        default: continue
        }
      }
      directories += below.reversed()
    }
  }

  private static func terminated(_ path: [UInt8]) -> [CChar] {
    path.map { CChar(bitPattern: $0) } + [0]
  }

  private static func read(_ path: [UInt8], _ size: Int) -> File {
    let tooLarge = "it is over 16 MiB: enqueue its path, and have the handler read it"
    if size > ItemBatch.maximumPayload { return .failure(tooLarge) }
    let descriptor = open(terminated(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return .failure(SystemError.reason()) }
    defer { close(descriptor) }
    // It may have grown since.
    var bytes = [UInt8](repeating: 0, count: size + 1)
    var count = 0
    while true {
      let got = bytes.withUnsafeMutableBytes {
        let rest = UnsafeMutableRawBufferPointer(rebasing: $0[count...])
        return Glibc.read(descriptor, rest.baseAddress, rest.count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return .failure(SystemError.reason()) }
      if got == 0 { break }
      count += got
      guard count <= ItemBatch.maximumPayload else { return .failure(tooLarge) }
      if count == bytes.count { bytes += [UInt8](repeating: 0, count: max(count, 4_096)) }
    }
    return .payload(Array(bytes.prefix(count)))
  }
}
