import Foundation
import QueueTestKit

/// An ext4 file system in a file, mounted: its power can be cut, and it can be filled. Needs root.
///
/// Unmounted and removed when it goes.
final class Ext4Disk {
  /// What becomes of the journal's transaction in progress.
  enum Cut: UInt32 {
    /// It is written out first.
    case flushingLog = 1
    /// It is lost: a cut of power.
    case losingLog = 2
  }

  /// `_IOR('X', 125, __u32)` of <linux/ext4.h>: from now on nothing reaches the disk.
  private static let shutDown: UInt = 0x8004_587d

  let path: String
  private let image: String
  private let options: String

  /// Makes the directory `path`, where it is mounted, and an image beside it. `options`: of the
  /// mount, with a comma before each.
  init(at path: String, options: String = "", megabytes: Int = 64) throws {
    self.path = path
    self.options = options
    image = path + ".image"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    guard FileManager.default.createFile(atPath: image, contents: nil),
      truncate(image, megabytes << 20) == 0
    else { throw Unexpected("cannot make \(image)") }
    try Self.run(["mkfs.ext4", "-q", "-F", "-m", "0", image])
    try mount()
  }

  deinit {
    if (try? unmount()) == nil { try? Self.run(["umount", "--lazy", path]) }
    try? FileManager.default.removeItem(atPath: image)
  }

  func cut(_ cut: Cut) throws {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(directory) }
    var flag = cut.rawValue
    guard ioctl(directory, Self.shutDown, &flag) == 0 else {
      throw Unexpected("cannot cut \(path) off: \(String(cString: strerror(errno)))")
    }
  }

  /// As when the power comes back: the journal is replayed. Nobody may use the disk any more; who was
  /// killed may still be on its way out.
  func restart() throws {
    guard becomesTrue(within: 20, { (try? unmount()) != nil }) else { try unmount(); return }
    try mount()
  }

  /// Takes all room that there is.
  func fill() {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(file) }
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    while write(file, zeros, zeros.count) > 0 {}
  }

  func makeRoom() { unlink(filler) }

  private var filler: String { path + "/filler" }

  private func mount() throws {
    try Self.run(["mount", "-o", "loop" + options, image, path])
  }

  private func unmount() throws { try Self.run(["umount", path]) }

  static func run(_ command: [String]) throws {
    let exit = CommandProcess(["/usr/bin/env"] + command).wait()
    guard exit == .exited(0) else {
      let command = command.joined(separator: " ")
      throw Unexpected("\(command): \(String(describing: exit)): it needs root")
    }
  }
}
