/// What `q help TOPIC` shows beside the commands.
enum HelpTopic: String, CaseIterable {
  case agents

  var abstract: String { "how a script or an AI agent works through many items, call by call" }

  /// The topic as Markdown.
  var text: String {
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
