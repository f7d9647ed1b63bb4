import Foundation
import Testing

/// Stores of several users, and what a command says of another user's. Only root can be several users.
@Suite(.enabled(if: geteuid() == 0, "only root can be several users"))
struct SharingTests {
  private let shell: Shell
  /// Two users of one group, and one of none.
  private let ann = "setpriv --reuid 41001 --regid 41001 --groups 45000"
  private let ben = "setpriv --reuid 41002 --regid 41002 --groups 45000"
  private let eve = "setpriv --reuid 41003 --regid 41003 --clear-groups"

  init() throws {
    shell = try Shell()
    try shell.run("chmod 755 .; mkdir home; chown 41001:45000 home; chmod 2775 home")
  }

  private func ok(_ line: String) throws {
    let result = try shell.run("export Q_STORE=$PWD/home/q; \(line)")
    #expect(result.status == 0, "\(line): \(result.output)\(result.error)")
  }

  @Test func `users of one group enqueue, look, change, work and wait in one store`() throws {
    try ok("umask 077; echo a | \(ann) q-enqueue --quiet --mode 2770")
    #expect(try shell.run("stat -c %a home/q home/q/env.0/*.mdb").output == "2770\n660\n660\n")
    // Each in a process that finds lock.mdb missing, and makes what it touches.
    for user in [ben, ann, ben] {
      try ok(
        "rm -rf home/q/env.0/lock.mdb home/q/wake; umask 077; date +%N | \(user) q-enqueue --quiet")
      for other in [ann, ben] {
        try ok("echo x$RANDOM | \(other) q-enqueue --quiet")
        try ok(
          "\(other) q-stats; \(other) q-list --long; \(other) q-check; \(other) q-config timeout=9s"
        )
      }
    }
    try ok("umask 077; \(ben) q-work --quiet -- true; \(ann) q-work --quiet -- true")
    try ok("\(ann) q-wait --quiet; \(ben) q-wait --quiet")
    #expect(
      try shell.run("find home/q ! -group 45000 -o -type f -perm /007").output == "",
      "what is not the group's alone")
  }

  @Test func `a worker hears what another user of its group enqueues`() throws {
    try ok("echo a | \(ann) q-enqueue --quiet --mode 2770")
    try ok("rm -rf home/q/wake")
    let result = try shell.run(
      """
      export Q_STORE=$PWD/home/q; umask 077
      \(ann) q-work --quiet --follow --limit 2 -- echo & worker=$!
      until \(ann) q-stats | grep -q 'done  *1'; do sleep 0.05; done
      echo b | \(ben) q-enqueue --quiet; wait $worker
      """)
    #expect(result.output == "a\nb\n" && result.status == 0, "\(result)")
    #expect(try shell.run("find home/q/wake -type f -perm 660 | wc -l").output == "1\n")
  }

  @Test func `one user compacts and copies what another one works on`() throws {
    let result = try shell.run(
      """
      export Q_STORE=$PWD/home/q; umask 077
      seq 50 | \(ann) q-enqueue --quiet --mode 2770
      \(ann) q-work --quiet --follow --limit 60 -- true & worker=$!
      \(ben) q-compact --quiet && \(ann) q-compact --quiet && \(ben) q-compact --quiet
      \(ben) q-copy --quiet home/copy && echo $?
      seq 51 60 | \(ben) q-enqueue --quiet; wait $worker; echo $?
      \(ann) q-check --quiet; \(ann) q-check --quiet -s home/copy; ls home/q | grep env
      find home ! -group 45000 -o -type f -perm /007
      """)
    #expect(result.output == "0\n0\nenv.3\n" && result.error.isEmpty, "\(result)")
  }

  @Test(arguments: ["q-stats", "q-check", "q-check --repair", "q-enqueue", "q-work -- true"])
  func `another user's store is refused, also to root, unless it is trusted`(
    command: String
  ) throws {
    try ok("echo a | \(ann) q-enqueue --quiet")
    // Were it not for the refusal, eve could use it as she pleases.
    try ok("chmod -R a+rwX home/q; chmod g-w home/q")
    let name = command.prefix { $0 != " " }
    let words = command.dropFirst(name.count)
    for (user, number) in [("env", 0), (eve, 41003), (ben, 41002)] {
      #expect(
        try shell.says("echo b | \(user) \(name) -s home/q\(words)") == """
          \(name): cannot use DIR/home/q: it belongs to user 41001, not to user \(number), and no group of \
          yours shares it: who writes to a store decides which processes are ended; if you trust that user: \
          --trust, or the directory in $Q_TRUST; a store that is made with --mode 2770 is shared by its group
          => 77
          """)
    }
    try ok("echo b | \(name) --trust -s home/q\(words)")
    try ok("echo b | Q_TRUST=/x:home/q \(name) -s home/q\(words)")
    try ok("echo b | Q_TRUST=1 \(name) -s home/q\(words)")
    #expect(try shell.run("Q_TRUST=/x:home \(name) -s home/q\(words) </dev/null").status == 77)
  }

  @Test func `root that makes or repairs in a user's directory leaves everything the user's`()
    throws
  {
    try ok("mkdir home/q; chown 41001:41001 home/q; chmod 700 home/q")
    #expect(try shell.run("echo a | q-enqueue -s home/q").status == 77)
    try ok("echo a | q-enqueue --quiet --trust")
    try ok("rm -rf home/q/wake home/q/gate home/q/env.0/lock.mdb; q-check --trust --repair --quiet")
    try ok("echo b | q-enqueue --quiet --trust")
    #expect(try shell.run("find home/q ! -user 41001 -o ! -group 41001").output == "")
    try ok("\(ann) q-work --quiet -- true; \(ann) q-stats | grep 'done  *2'")
  }

  @Test func `a directory of one's own is enough, whatever its parent`() throws {
    try ok("mkdir mine; chown 41003:41003 mine; chmod 755 .")
    #expect(try shell.run("echo a | \(eve) q-enqueue --quiet -s mine").status == 0)
    #expect(try shell.run("\(eve) q-stats -s mine | tail -1").output == "total      1\n")
  }

  @Test func `a mount point becomes a store`() throws {
    let mounted = try shell.run("mkdir volume; mount -t tmpfs -o mode=2770 tmpfs volume")
    guard mounted.status == 0 else { return }
    defer { _ = try? shell.run("umount volume") }
    try ok("mkdir volume/lost+found; echo a | q-enqueue --quiet -s volume; q-check -s volume")
    #expect(try shell.run("stat -c %a volume volume/current").output == "2770\n660\n")
  }
}

/// Where a store may be made, as anybody.
@Suite struct PlaceTests {
  @Test func `a shell that stands in the directory sees the store`() throws {
    let shell = try Shell()
    #expect(
      try shell.run("mkdir d; cd d; echo a | q-enqueue --quiet -s . && ls current && q-stats -s .")
        .status == 0)
  }

  @Test func `a link leads to the directory that becomes a store`() throws {
    let shell = try Shell()
    #expect(
      try shell.says(
        "ln -s there link; echo a | q-enqueue -s link; echo b | q-enqueue -s there; ls -d there/current"
      ) == """
        there/current
        q-enqueue: made a new store: DIR/link
        1 enqueued, 0 duplicates
        1 enqueued, 0 duplicates
        => 0
        """)
  }

  @Test func `other contents are named, and left alone`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("mkdir d; touch d/thesis d/.gitignore; echo a | q-enqueue -s d") == """
        q-enqueue: cannot create a store: DIR/d: it has other contents (.gitignore, thesis): name another \
        directory
        => 73
        """)
    #expect(try shell.run("ls -A d").output == ".gitignore\nthesis\n")
  }

  @Test(arguments: ["77", "0700x", "4700", "600", "", "27700"])
  func `permissions that a store cannot have are refused`(mode: String) throws {
    let shell = try Shell()
    #expect(
      try shell.run("echo a | q-enqueue --mode '\(mode)'; s=$?; ls -A .q 2>&1; exit $s").status
        == 64)
    #expect(try shell.run("q-work --mode 700 -- true").status == 64)
  }
}
