import Foundation
import Testing

@testable import System

@Suite struct MachineStateTests {
  @Test func `the machine says how much memory is free, and its load`() {
    let now = MachineState.now()
    #expect((now.freeMemory ?? 0) > 1 << 20 && (now.load ?? -1) >= 0)
  }

  @Test func `what is available counts, not what nobody uses`() {
    let text = "MemTotal:  900 kB\nMemFree:  100 kB\nMemAvailable:    300 kB\n"
    #expect(MachineState.available(text) == 300 << 10 && MachineState.available("") == nil)
  }

  @Test func `a group is found in both versions`() {
    let text = "9:name=systemd:/\n4:memory:/a/b\n0::/c\n"
    #expect(MemoryGroups.all.map { $0.path(text) } == ["/c", "/a/b"])
    #expect(MemoryGroups.all.map { $0.path("1:cpu:/\n") } == [nil, nil])
  }

  @Test func `of all groups around a process that counts which leaves the least`() throws {
    let root = NSTemporaryDirectory() + "q-groups-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: root) }
    func write(_ path: String, _ text: String) throws {
      try text.write(toFile: root + path, atomically: false, encoding: .utf8)
    }
    try FileManager.default.createDirectory(
      atPath: root + "/a/b", withIntermediateDirectories: true)
    var groups = MemoryGroups.all[0]
    groups.root = root
    #expect(groups.left("/a/b") == .max)
    try write("/a/memory.max", "1000\n")
    try write("/a/memory.current", "700\n")
    try write("/a/memory.stat", "anon 5\ninactive_file 200\n")
    try write("/a/b/memory.max", "max\n")
    try write("/a/b/memory.current", "100\n")
    #expect(groups.left("/a/b") == 500 && groups.left("/a") == 500 && groups.left("/") == .max)
    try write("/a/memory.current", "2000\n")
    #expect(groups.left("/a/b") == 0)
  }

  @Test func `a time of the day is the next one`() {
    let now: Int64 = 1_795_789_800_000_000
    for seconds in [0, 1, 43_200, 86_399] {
      let next = WallTime.next(secondOfDay: seconds, after: now)
      #expect(next > now && next - now <= 90_000_000_000)
      // Summer time aside, a day later it is the same again.
      #expect(
        (22...26).contains(
          (WallTime.next(secondOfDay: seconds, after: next) - next) / 3_600_000_000))
    }
  }
}
