import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Bytes of the data file change under everybody's feet: a command may find that out or not, but
  /// it ends, and says what is wrong where it does not end well. Where damage leads LMDB out of its
  /// map that cannot be told from a defect: it dies of it then, and says so.
  @Suite struct DamageTests {
    /// Ended well, unsound, no such queue any more, another program's, unreadable, another format.
    private static let statuses: Set<Int32> = [0, 65, 66, 69, 74, 78]

    private static let commands = [
      ["q-stats"], ["q-list", "--all", "--long"], ["q-check"], ["q-enqueue", "--quiet"],
      ["q-work", "--quiet", "--no-wait", "--workers", "2"],
    ]

    @Test func `no command hangs or dies without a word on a store whose bytes were changed`()
      throws
    {
      let fixture = try StoreFixture()
      try prepare(fixture)
      let file = fixture.store + "/env.0/data.mdb"
      try FileManager.default.removeItem(atPath: fixture.store + "/env.0/lock.mdb")
      let sound = try Data(contentsOf: URL(filePath: file))
      var random = SeededRandom()
      let rounds = Storms.rounds(4, torture: 1_500)
      print("damage: seed \(random.seed), \(rounds) rounds")
      var ends: [Int32: Int] = [:]
      var wrong: [String] = []
      let began = ContinuousClock.now
      for round in 1...rounds where wrong.count < 5 {
        let damaged = damage(sound, &random)
        for command in Self.commands {
          let copy = try StoreFixture()
          try FileManager.default.copyItem(atPath: fixture.store, toPath: copy.store)
          try damaged.write(to: URL(filePath: copy.store + "/env.0/data.mdb"))
          let exit = run(command, copy)
          if case .signalled(let signal)? = exit, [SIGSEGV, SIGBUS].contains(signal),
            copy.said.contains("\(command[0]): crashed while it used \(copy.store): ")
          {
            ends[128 + signal, default: 0] += 1
            continue
          }
          guard case .exited(let status)? = exit, Self.statuses.contains(status) else {
            wrong.append("round \(round): \(command): \(String(describing: exit)): \(copy.said)")
            continue
          }
          ends[status, default: 0] += 1
          // q-check says what it finds on standard output; q-list leaves strange ids out.
          let isNamed =
            copy.said.contains("\(command[0]): ")
            && (copy.said.contains(copy.store) || copy.said.contains("left out: "))
          if status != 0, status != 66, !(status == 65 && command == ["q-check"]), !isNamed {
            wrong.append("round \(round): \(command) ended with \(status): \(copy.said)")
          }
        }
      }
      #expect(wrong == [])
      let counts = ends.sorted { $0.key < $1.key }.map { "\($0.value) with \($0.key)" }
      print("damage: \(counts.joined(separator: ", ")), in \(ContinuousClock.now - began)")
    }

    /// Items in every status but one, with payloads in items and apart.
    private func prepare(_ fixture: StoreFixture) throws {
      let input = fixture.directory + "/items"
      let lines = (1...150).map { id in
        "n\(id)\t\(String(repeating: "x", count: [3, 900, 3_000][id % 3]))\n"
      }
      try lines.joined().write(toFile: input, atomically: false, encoding: .utf8)
      for options in [["--tsv"], ["--delay", "10m", "--queue", "other"]] {
        let process = CommandProcess(
          ["q-enqueue", "--quiet", "--store", fixture.store] + options,
          streams: .init(input: input, error: fixture.errors))
        #expect(process.wait() == .exited(0), "\(fixture.said)")
      }
      let script = "[ ${1#n} -gt 5 ]"
      let worker = fixture.work(
        ["--quiet", "--limit", "60", "--max-attempts", "1"],
        handler: ["/bin/sh", "-c", script, "sh"])
      #expect(worker.wait() == .exited(1), "\(fixture.said)")
    }

    private func damage(_ sound: Data, _ random: inout SeededRandom) -> Data {
      var data = sound
      let manner = random.number(1...3)
      for _ in 1...[1, 1, 2, 5, 20, 100][random.number(0...5)] {
        let place =
          switch manner {
          case 1: random.number(0...data.count - 1)
          // Where a page says what it is, and where its entries are.
          case 2: random.number(0...data.count / 4_096 - 1) * 4_096 + random.number(0...59)
          // The two pages that lead to all others.
          default: random.number(0...8_191)
          }
        data[place] = UInt8(random.number(0...255))
      }
      return data
    }

    private func run(_ command: [String], _ copy: StoreFixture) -> CommandProcess.Exit? {
      var words = [command[0], "--store", copy.store] + command.dropFirst()
      if command[0] == "q-work" { words += ["--", "/bin/true"] }
      let input = copy.directory + "/input"
      _ = FileManager.default.createFile(atPath: input, contents: Data("z1\nz2\n".utf8))
      return CommandProcess(words, streams: .init(input: input, error: copy.errors))
        // q-work tries again for a minute what may pass.
        .wait(within: 90)
    }
  }
}
