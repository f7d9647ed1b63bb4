/// What `q help TOPIC` shows beside the commands.
enum HelpTopic: String, CaseIterable {
  case agents

  var abstract: String { "how a script or an AI agent works through many items, call by call" }

  /// The topic as Markdown.
  var text: String {
    """
    ---
    name: q
    description: Work through many items (files, URLs, ids) resumably and in parallel, with bounded output.
    ---

    # Many items, a few calls

    A queue is the directory `.q` here, or `$Q_STORE`. Nothing that was acknowledged is lost; every call
    can be repeated.

        q-enqueue < ids.txt                      # one id a line; known ids are skipped
        timeout -s TERM 50s q-work --quiet --workers 8 -- ./handler.sh
        q-stats                                  # pending, delayed, processing, done, failed, total

    Call the second line again until it exits with 0 or 1. It claims nothing new after the time, lets
    handlers end, and the next call goes on (124, or 143 without timeout).

    The handler gets one id as its last argument (or at `{}`), its payload on standard input. It exits
    with 0: done; 75: later, uncharged; 65 or 100: failed for good; any other: tried again, 3 attempts.
    It may append `note TEXT`, `defer 10m` or `pause 1m` to the file `$Q_CONTROL`.

    ## What an exit status of q-work means next

    | status | next |
    |---|---|
    | 0 | all is done |
    | 1 | drained, but items failed for good: `q-stats --errors` |
    | 64 | the command line is wrong: the message says what is valid |
    | 66 | no such store or queue: `q-enqueue` first |
    | 75 | what is left is paused, held or due much later: `q-stats` says which; call again later |
    | 124, 143 | the time was over: call again |
    | 126, 127 | the handler cannot be run: mend it, nothing was charged |
    | 74 | a full disk, or output that nobody takes: mend it, call again |

    ## Reading failures without reading everything

        q-stats --errors                         # at most 10 groups: count, message, three ids
        q-show ID                                # all of one item
        q-list failed --long | head -n 20
        q-retry --all                            # after the handler is mended

    `q-stats --json`, `q-list --json` (at most 1,000 objects, then `{"next":KEY}` for `--after`) and
    `q-show --json` are for programs. `--limit 10 --halt now,fail=1` tries ten first. `q-work --report
    FILE` writes what the run came to as JSON.
    """
  }
}
