import Foundation
import Glibc
import QueueTestKit
import Testing

/// A server whose disk is full: what fails says so, nothing is half done, and all works again once there is room.
@Suite(.enabled(if: PostgresServer.isThere && SmallDisk.isThere, "no small file system to be had"))
struct RoomTests {
  @Test func `a full disk of tables`() throws {
    let server = PostgresServer()
    let disk = try SmallDisk(megabytes: 24)
    defer { server.end() }
    #expect(server.psql("CREATE TABLESPACE small LOCATION '\(disk.directory)'") == 0)
    #expect(server.psql("ALTER ROLE q SET default_tablespace = small") == 0)
    let address = server.address("s")
    let commands = Commands()
    #expect(try commands.enqueue("first", at: address).status == 0)
    let gate = commands.directory + "/gate"
    let handler = "until [ -e '\(gate)' ]; do sleep 0.05; done"
    let worker = commands.start(["q-work", "--follow", "--", "sh", "-c", handler], at: address)
    let isWorking = becomesTrue(within: 60) {
      (try? commands.run(["q-stats", "--json"], at: address).output.contains(#""processing":1"#))
        ?? false
    }
    #expect(isWorking)
    try disk.fill()
    let full = try commands.run(
      ["q-enqueue", "--quiet", "--tsv"], at: address, input: noise(100))
    #expect(full.status == 74, "\(full.error)")
    #expect(full.error.contains("make room on the server"), "\(full.error)")
    #expect(FileManager.default.createFile(atPath: gate, contents: nil))
    _ = becomesTrue(within: 5) { worker.error.contains("trying again") }
    try disk.makeRoom()
    #expect(try commands.insist(onEnqueueing: "last", at: address).status == 0)
    let waited = try commands.insist(["q-wait", "--timeout", "60"], at: address)
    #expect(waited.status == 0, "\(waited.error) \(worker.error)")
    worker.process.send(SIGTERM)
    #expect(worker.result().status == -SIGTERM, "\(worker.error)")
    #expect(try commands.run(["q-check"], at: address).status == 0)
  }

  /// Lines of an id and a payload that cannot be made smaller.
  private func noise(_ count: Int) -> String {
    let bytes = (0..<100_000).map { _ in UInt8.random(in: 97...122) }
    let text = String(decoding: bytes, as: UTF8.self)
    return (0..<count).map { "big\($0)\t\(text)\n" }.joined()
  }

  @Test func `a full disk of the log`() throws {
    let disk = try SmallDisk(megabytes: 90)
    let settings = ["max_wal_size=8MB", "min_wal_size=2MB"]
    let server = PostgresServer(settings, in: disk.directory)
    defer { server.end() }
    let address = server.address("s")
    let commands = Commands()
    #expect(try commands.enqueue("first", at: address).status == 0)
    #expect(try commands.run(["q-work", "--", "true"], at: address).status == 0)
    try disk.fill()
    let full = try commands.run(
      ["q-enqueue", "--quiet", "--tsv"], at: address, input: noise(100))
    #expect([74, 75].contains(full.status), "\(full.error)")
    try disk.makeRoom()
    server.signal(SIGQUIT)
    server.wait()
    server.start(settings)
    #expect(try commands.insist(onEnqueueing: "last", at: address).status == 0)
    let work = try commands.run(["q-work", "--", "true"], at: address)
    #expect(work.status == 0, "\(work.error)")
    #expect(try commands.run(["q-check"], at: address).status == 0)
  }
}

/// A file system in memory, of few megabytes. Gone when it goes.
private final class SmallDisk {
  static let isThere = geteuid() == 0 && (try? SmallDisk(megabytes: 1)) != nil

  struct Refused: Error {}

  let directory = "/dev/shm/q-disk-\(UInt32.random(in: 1 ... .max))"

  init(megabytes: Int) throws {
    mkdir(directory, 0o755)
    // Whoever the server runs as.
    let owner = 65_534
    let options = [
      "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700,uid=\(owner)", "tmpfs", directory,
    ]
    guard CommandProcess(["/bin/mount"] + options).wait() == .exited(0) else {
      rmdir(directory)
      throw Refused()
    }
  }

  deinit {
    _ = CommandProcess(["/bin/umount", "-l", directory]).wait()
    rmdir(directory)
  }

  private var ballast: String { directory + "/ballast" }

  /// Leaves no room.
  func fill() throws {
    let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let zeros = [UInt8](repeating: 0, count: 4_096)
    while write(descriptor, zeros, zeros.count) > 0 {}
    close(descriptor)
  }

  func makeRoom() throws { try FileManager.default.removeItem(atPath: ballast) }
}
