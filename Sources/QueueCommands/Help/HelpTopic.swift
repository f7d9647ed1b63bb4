/// What `q help TOPIC` shows beside the commands.
enum HelpTopic: String, CaseIterable {
  case agents
  case stores

  var abstract: String {
    switch self {
    case .agents: "how a script or an AI agent works through many items, call by call"
    case .stores: "where queues are kept: directories, and PostgreSQL servers for many machines"
    }
  }

  /// The topic as Markdown.
  var text: String {
    switch self {
    case .agents: Self.agentsText
    case .stores: Self.storesText
    }
  }

  private static var storesText: String {
    #"""
    # Where a store is

    `--store`, else `$Q_STORE`, else the directory `.q` here. The first command that enqueues makes it.

    | address | what it is |
    |---|---|
    | DIR, `lmdb:DIR` | a directory, on a local disk of one machine; no server |
    | `postgres://USER@HOST/DATABASE` | a schema of a PostgreSQL database, for many machines; also `postgresql://` |

    A directory with a colon in its name is `./NAME`.

    ## On a server

        export Q_STORE='postgres://ann@db.example/queues?schema=photos'
        q-enqueue < ids.txt                      # on one machine; the user may make schemas there
        q-work --workers 16 -- ./handler.sh      # on this one, and on others
        q-stats

    All that libpq takes works: a password from `PGPASSFILE`, `sslmode`, several hosts. Three parameters are the
    store's: `schema` (q), `lease` (60s) and `durable` (`no`: also a server that may lose what it has committed).
    It needs the program `q-postgres` beside `q`, of the package queue-directory-postgres.

    Beside each q-work runs a guard, which shows the others that the worker lives, ends what it leaves and takes its
    items back. When a machine is cut off, its handlers are ended after six tenths of the lease, and others take its
    items after the whole of it. Nobody sees a machine that was suspended for longer than the lease: what its handlers
    say then is refused.

    75: no way to the server, a standby, no connection left, or the writer's turn did not come within 10 s.
    74: the connection was lost before the commit, or the server's disk is full. 77: the role may not.
    `q-export | q-import` moves a store from one to the other. `q-compact` and `q-copy` are for directories.
    """#
  }

  private static var agentsText: String {
    #"""
    ---
    name: q
    description: Work through many items (files, URLs, ids) resumably and in parallel, with bounded output.
    ---

    # Many items, a few calls

    The queue is the directory `.q` here, or `$Q_STORE`. Nothing acknowledged is lost; every call can be repeated.

        q-enqueue < ids.txt                      # one id a line; ids that are known are skipped
        timeout -s TERM 50s q-work --quiet --workers 8 -- ./handler.sh >> out.txt 2>> err.txt
        q-stats                                  # pending, delayed, processing, done, failed, total

    Call the second line again while it exits with 124. After its time it claims no more, and lets handlers end:
    leave them that time. What is killed all the same loses nothing: the next call takes it back at once.
    What handlers and q-work itself say on standard error is in `err.txt`: read only `tail -n 3 err.txt`.
    The handler gets an id as its last argument (or at `{}`), and its payload on standard input. It exits with 0:
    done; 75: later, uncharged; 65 or 100: failed for good; other: tried again, 3 attempts (`$Q_ATTEMPT`), within
    1 s and 2 s. It may append
    `note TEXT`, `defer 10m`, `pause 1m` or `emit QUEUE ID` (an item of the next stage) to the file `$Q_CONTROL`.
    Slow to start? `-n auto` gives a process many ids; `--stream` feeds one that lives on: `q-work --help`.
    Unsure? First ten: `q-work --quiet --limit 10 --halt now,fail=1 -- ./handler.sh >> out.txt 2>> err.txt`

    ## What an exit status of q-work means next

    | status | next |
    |---|---|
    | 0 | all is done |
    | 1 | all has ended, some failed for good: see below |
    | 64, 66 | the command line is wrong: the message says why; no such queue: `q-enqueue` first |
    | 74 | a full disk, or output that nobody takes: mend it, call again |
    | 75 | what is left is paused, held or due later: `q-stats` says which; call again later |
    | 124, 143 | the time was over: call again |
    | 126, 127 | the handler cannot be run: mend it, call again; nothing was charged |

    ## Failures, without reading everything

        q-stats --errors                         # at most 10 groups: how many, the message with <n> for
                                                 # numbers and {} for the id, three ids
        q-list failed --long --limit 20          # status, attempts, age, message, id: TABs between
        q-show --output "$(q-list failed --limit 1)"   # the end of what its last run wrote
        q-retry --all                            # after the handler is mended; then q-work again

    Without `--quiet` q-work ends with a report of at most 25 lines, grouped in the same way; `--report FILE`
    writes it as JSON. `--results DIR` writes each output to a file named after its id. `q-stats --json`,
    `q-list --json` (at most 1,000 objects, then `{"next":KEY}` for `--after`) and `q-show --json` are for programs.

    ## Be the worker yourself: when you, not a program, do the work

        q-claim --lease 10m > claim              # TOKEN TAB ATTEMPT TAB ID; 1: drained, 75: nothing now
        q-extend --lease 10m < claim             # when it takes longer
        q-settle done --note 'what came of it' < claim   # or failed, deferred --in 10m, released; 76: too late
    """#
  }
}
