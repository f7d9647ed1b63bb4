extension Work {
  static let help = CommandHelp(
    "q-work", "Run a handler for every item, many at once, until the queue is drained.",
    usage: "[options] [--] HANDLER [ARG...]",
    examples: [
      "q-work --workers 16 -- handler.sh",
      "q-work convert {} {.}.png",
      "q-work --limit 10 --halt now,fail=1 -- handler.sh",
      #"q-work --follow --queue mail -- sh -c 'send-mail --to "$1"' sh"#,
    ],
    sections: [
      HelpSection(
        "THE HANDLER",
        intro: """
          HANDLER runs once for each item, without a shell in between. Its standard input is the
          item's payload, or empty. It finds in its environment: Q_ID, Q_ATTEMPT, Q_MAX_ATTEMPTS,
          Q_QUEUE, Q_STORE, Q_SLOT, Q_TOKEN, Q_CONTROL, Q_PROTOCOL. In its arguments stand, any number
          of times and anywhere but in its name; without any of them the id is its last argument:
          """,
        rows: [
          ("{}", "the id"),
          ("{.}", "the id without its extension"),
          ("{/}", "the last part of the id's path"),
          ("{//}", "the rest of that path"),
          ("{/.}", "the last part without its extension"),
          ("{#}", "the number of this claim, from 1"),
          ("{%}", "the number of the slot, from 1"),
          ("{1}", "with --tsv: a column of the payload"),
        ]),
      HelpSection(
        "THE HANDLER'S EXIT STATUS",
        rows: [
          ("0", "done"),
          (
            "75",
            "deferred (EX_TEMPFAIL): tried again in 1 s, doubling to 5 min, using no attempt; at most 100 times"
          ),
          ("65, 100", "failed for good"),
          ("126, 127", "the run stops while nothing has succeeded; later a failed attempt"),
          (
            "other, a signal",
            "a failed attempt; tried again after a back-off, at most --max-attempts (3)"
          ),
          ("past --timeout", "a failed attempt: TERM to its group, KILL after --kill-after (5 s)"),
          ("cannot be started", "the run stops, nothing is charged"),
          (
            "its worker died",
            "tried again at once, using no attempt; failed as poison after --max-losses (5)"
          ),
          (
            "q-work ends, too",
            """
            given back, using no attempt: when INT, TERM or HUP ends the handler within 200 ms before q-work
            gets such a signal, or after it
            """
          ),
        ],
        outro: "--retry-on, --defer-on, --fail-on and --stop-on change what a status means."),
      HelpSection(
        "THE HANDLER'S REQUESTS",
        intro: "What it appends to the file $Q_CONTROL, a line each, holds when it has ended:",
        rows: [
          ("defer DURATION", "with the status of a deferral: when to try again"),
          ("pause DURATION", "the whole queue rests"),
          ("note TEXT", "kept with the run, for q-show and q-list --long"),
        ],
        outro: "One line that is none of these fails the item for good."),
      HelpSection(
        "THE HANDLER'S OUTPUT",
        intro: """
          What a handler writes comes out whole when it ends, one handler at a time; standard error on
          standard error. What exceeds 64 KiB waits in a file without a name. An item is settled only
          when its output is out. --keep-order: an item that is tried again has no output but that of
          its last run; at most 1,000 outputs wait for one before them. --results: DIR/XX/YY/NAME.out,
          .err and .json; NAME is the id, with bytes but letters, digits, _, - and inner dots as %HH,
          and an end of its own where it would be over 200 bytes.
          """),
      HelpSection(
        "SIGNALS",
        intro: """
          First INT, TERM or HUP: take no more, let handlers end. Second: end them, their items go
          back uncharged. Third: kill them. USR1, USR2: one handler more, one less at once. TSTP: stop
          the handlers, then itself.
          """),
    ],
    exits: [
      .success: "drained, or nothing more to do",
      .someFailed: "ended, but an item failed for good, or --halt ended it",
      .unavailable: "no /proc",
      .software: "this worker was taken for dead, its handlers are ended",
      .cannotCreate: "nothing can be written where --report, --results or --joblog say",
      .inputOutput: "standard output takes no more",
      .temporary:
        "what is left is paused, held, or due later than in 5 minutes",
      .handlerCannotRun: "the handler cannot be run",
      .handlerNotFound: "there is no such handler",
    ],
    outro: "After a signal it dies of that signal.",
    environment: [("TMPDIR", "where output beyond 64 KiB waits (default: /tmp)")])
}
