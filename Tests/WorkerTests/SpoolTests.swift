import CProcess
import Glibc
import QueueTestKit
import System
import Testing

@testable import Worker

@Suite struct SpoolTests {
  @Test(arguments: [0, 1, 511, 512, 513, 1024, 5000])
  func `what went in comes out, past the bound too`(_ count: Int) throws {
    let spool = Spool(bound: 512)
    let given = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
    for _ in 0..<2 {
      spool.append(given)
      #expect(spool.count == count && spool.bytes == given)
      #expect(spool.tail(100) == Array(given.suffix(100)))
      let file = qp_temporary_file("/tmp")
      defer { close(file) }
      try spool.writeAll(to: file)
      var back = [UInt8](repeating: 0, count: count + 1)
      #expect(pread(file, &back, count + 1, 0) == count)
      #expect(Array(back.prefix(count)) == given)
      spool.reset()
    }
  }

  @Test func `a spool that cannot be written says so and counts what is lost`() {
    let spool = Spool(bound: 512, directory: "/nonexistent")
    spool.append([UInt8](repeating: 1, count: 2000))
    #expect(spool.failure?.code == ENOENT)
    #expect(spool.lost + spool.count == 2000)
    spool.reset()
    #expect(spool.failure == nil && spool.lost == 0)
  }

  @Test func `writing waits for a slow reader on a nonblocking descriptor`() throws {
    let spool = Spool(bound: 1024)
    spool.append([UInt8](repeating: 9, count: 500_000))
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (from, to) = (ends[0], ends[1])
    _ = fcntl(to, F_SETFL, O_NONBLOCK)
    let counts = BlockingQueue<Int>()
    let thread = try WorkerThread.start {
      var buffer = [UInt8](repeating: 0, count: 4096)
      var count = 0
      while case let got = read(from, &buffer, buffer.count), got > 0 { count += got }
      counts.push(count)
    }
    try spool.writeAll(to: to)
    close(to)
    thread.join()
    close(from)
    #expect(counts.popNow() == 500_000)
  }

  @Test func `a full device is an error with its errno`() {
    let spool = Spool()
    spool.append([1, 2, 3])
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    #expect(throws: SystemError("write", "descriptor \(full)", code: ENOSPC)) {
      try spool.writeAll(to: full)
    }
  }

  @Test func `lines are handed on, and the end of all is still known`() throws {
    var random = SplitMix64(seed: 11)
    for _ in 0..<200 {
      let spool = Spool(bound: 512)
      let pipe = try Pipe()
      var written: [UInt8] = []
      var passed: [UInt8] = []
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let part = (0..<Int.random(in: 1...300, using: &random)).map { _ in
          UInt8.random(in: 0...40, using: &random) == 0 ? UInt8(ascii: "\n") : UInt8(ascii: "x")
        }
        written += part
        part.withUnsafeBytes { _ = write(pipe.write, $0.baseAddress, $0.count) }
        while case .bytes(let newest) = spool.read(from: pipe.read) {
          guard let end = spool.lineEnd(inNewest: newest) else { continue }
          try spool.forEachPart(to: end) { passed += $0 }
          spool.drop(first: end)
        }
      }
      let lines = (written.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
      #expect(passed == Array(written[..<lines]))
      #expect(passed + spool.bytes == written && spool.dropped + spool.count == written.count)
      #expect(spool.tail(1_000) == Array(written.suffix(1_000)))
    }
  }
}
