import Foundation
import QueueTestKit

/// A small file system of its own, ext4 in a file, mounted on `path`; root only. Unmounted when it
/// goes.
final class LoopDisk {
  let path: String
  private var filler: String { path + "/filler" }

  init(_ path: String, megabytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Self.run(
      "truncate -s \(megabytes)M '\(path).image' && mkfs.ext4 -q -F -m 0 '\(path).image' "
        + "&& mount -o loop '\(path).image' '\(path)'")
  }

  deinit {
    // A process that is just being killed may still hold it.
    try? Self.run("umount '\(path)' || umount -l '\(path)'; rm -f '\(path).image'")
  }

  /// Takes all room that there is.
  func fill() throws {
    try Self.run(
      "dd if=/dev/zero of='\(filler)' bs=64k oflag=append conv=notrunc 2> /dev/null; true")
  }

  func makeRoom() { unlink(filler) }

  static func run(_ line: String) throws {
    let process = CommandProcess(["/bin/bash", "-c", "PATH=$PATH:/sbin:/usr/sbin; \(line)"])
    guard process.wait(within: 60) == .exited(0) else { throw Unexpected("cannot: \(line)") }
  }
}
