extension ManualPage {
  /// What `q` is, for its page.
  static let about = text(
    """
    Ids go into a queue, a handler runs for each of them, many at once, and nothing is lost when
    a process is killed. The queue is a directory; there is no server. Every command is also a
    program of its own: q work is q-work. The commands:
    """)

  static let environment = text(
    """
    Q_STORE, Q_QUEUE  what --store and --queue mean when they are not given
    """)

  static let files = text(
    """
    .q          the store, in the working directory, where --store and Q_STORE name no other
    .q/current  the name of the environment in use: env.0
    .q/env.N    an LMDB environment: data.mdb has the items, lock.mdb is LMDB's own
    .q/guard, .q/gate, .q/writer
                locked while an environment is opened, used, and written
    .q/locks    its locked bytes show which workers and handlers live
    .q/runs     a file for each worker: what its handlers were when they started
    .q/wake     a file for each queue, touched when something in it may be claimed
    """)

  static let exitStatus = text(
    """
    0      fine
    64     usage: no such command or option
    other  as the page of the command says; the numbers are those of sysexits.h where it has one
    """)

  private static func text(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
