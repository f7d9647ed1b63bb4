import Glibc
import LMDB
import Testing

/// What a fault ends with: one in the map of a data file is damage, any other a defect, which must not
/// be hidden. Each exit test's body runs in a process of its own.
@Suite struct DamageExitTests {
  let directory = TestDirectory()

  private static func install() {
    var none = rlimit()
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    unsetenv("SWIFT_BACKTRACE")
    DamageExit.install(damaged: DamageExit.Words("damaged\n", status: 65), unclear: "unclear\n")
  }

  @Test func `a fault in the map exits with the words for damage`() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(65), observing: [\.standardErrorContent]
    ) { [path = directory.path as String] in
      Self.install()
      let environment = try Environment(
        directory: path, options: .init(create: true, mapSize: 1 << 20))
      let database = try environment.makeDatabase()
      try environment.store([UInt8](repeating: 1, count: 100_000), for: [1], in: database)
      let read = try environment.beginRead()
      truncate(path + "/data.mdb", 8_192)
      _ = try read.bytes(for: [1], in: database)
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.hasSuffix("damaged\n"))
  }

  @Test func `any other fault is said, and has its course`() async {
    let result = await #expect(
      processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]
    ) {
      Self.install()
      UnsafeMutablePointer<Int>(bitPattern: 64)?.pointee = 1
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.hasSuffix("unclear\n"))
  }

  @Test func `a signal that was sent is one too, and an abort is not touched`() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      Self.install()
      raise(SIGBUS)
    }
    await #expect(processExitsWith: .signal(SIGABRT)) {
      Self.install()
      abort()
    }
  }
}
