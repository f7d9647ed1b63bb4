import Foundation
import QueueTestKit
import Testing

/// The static release alone in a directory that is its root: no /proc, no library, no shell.
@Suite(
  .enabled(if: geteuid() == 0, "only root can change its root"),
  .enabled(if: Release.isStatic, "the static release is not built: make release"))
struct BareTests {
  @Test func `commands need no proc, but q-work, which says so`() throws {
    let shell = try Shell()
    try shell.run("mkdir -p root/bin root/tmp; cp '\(Release.path)' root/bin/q")
    for verb in Shell.verbs { try shell.run("ln -s q root/bin/q-\(verb)") }
    #expect(try shell.says("chroot root /bin/q --version").hasSuffix("\n=> 0"))
    #expect(
      try shell.says("printf 'a\\nb\\377\\n' | chroot root /bin/q-enqueue -s /tmp/s") == """
        q-enqueue: made a new store: /tmp/s
        2 enqueued, 0 duplicates
        => 0
        """)
    for look in ["q-stats", "q-list", "q-check", "q-config"] {
      #expect(try shell.run("chroot root /bin/\(look) -s /tmp/s").status == 0, "\(look)")
    }
    #expect(try shell.run("chroot root /bin/q-remove -s /tmp/s $'b\\377'").status == 0)
    #expect(
      try shell.says("chroot root /bin/q-work -s /tmp/s -- /bin/q") == """
        q-work: cannot work without /proc, which tells what became of other workers: mount it \
        (mount -t proc proc /proc)
        => 69
        """)
    #expect(try shell.run("q-work --quiet -s root/tmp/s -- echo").output == "a\n")
  }
}

/// The release, which is built beside what the tests run.
private enum Release {
  static let path = URL(filePath: CommandProcess.products + "/../release/q").standardized.path

  /// A dynamic one has an interpreter.
  static var isStatic: Bool {
    guard let file = FileManager.default.contents(atPath: path) else { return false }
    return file.prefix(4_096).range(of: Data("/ld-linux".utf8)) == nil
  }
}
