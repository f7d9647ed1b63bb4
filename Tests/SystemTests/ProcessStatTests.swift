import Testing

@testable import System

@Suite struct ProcessStatTests {
  private func stat(_ line: String) -> ProcessStat? {
    Array(line.utf8).withUnsafeBytes { ProcessStat($0) }
  }

  @Test func `a name may hold anything, also what looks like the fields behind it`() throws {
    let line = "40 (a) R 1 (b) Z 1 41 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 123 0 0"
    let found = try #require(stat(line))
    #expect(found.pid == 40 && found.group == 41 && found.session == 7 && found.startTicks == 123)
    #expect(!found.isLive && !found.isStopped)
  }

  @Test func `what is cut short is no process`() {
    #expect(stat("") == nil && stat("40 (a") == nil && stat("40 (a) S 1 40 7") == nil)
  }

  @Test func `this process is found, alive`() throws {
    var files = ProcFiles()
    let found = files.stat(of: ownNumber)
    let own = try #require(found)
    #expect(own.pid == ownNumber && own.isLive && !own.isStopped)
    #expect(try ProcFiles.bootID().utf8.count == 36 && ProcFiles.pidNamespace() > 0)
  }
}
