extension Work {
  static let help = CommandHelp(
    "q-work", "Run a handler for every item, many at once, until the queue is drained.",
    usage: "[options] [--] HANDLER [ARG...]",
    examples: [
      "q-work --workers 16 -- handler.sh",
      "q-work convert {} {.}.png",
      "q-work --limit 10 --halt now,fail=1 -- handler.sh",
      #"q-work --follow --queue mail -- sh -c 'send-mail --to "$1"' sh"#,
      "q-work -n auto -- gzip",
      "q-work --stream -- sed -u 's/.*/0/'",
      "q-work --queue crawl --emit parse -- ./links.sh",
    ],
    sections: [
      HelpSection(
        "THE HANDLER",
        intro: """
          HANDLER runs once for each item, without a shell in between. Its standard input is the
          item's payload, or empty. In its arguments stand, any number of times and anywhere but in
          its name; without any of them the id is its last argument:
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
          ("{gpu}", "with --pool gpu=...: the value that the handler holds; the id is named apart"),
        ]),
      HelpSection(
        "THE HANDLER'S ENVIRONMENT",
        rows: [
          (
            "Q_ID, Q_ATTEMPT", "the id, and which attempt this is, from 1: where a run has one item"
          ),
          ("Q_IDS", "how many items the run has; not with --stream"),
          ("Q_MAX_ATTEMPTS", "how many attempts an item has"),
          ("Q_QUEUE, Q_STORE", "the queue, and the store's absolute path"),
          (
            "Q_SLOT",
            "the number of the slot, from 1: a q-work's handlers that run at once differ in it"
          ),
          ("Q_POOL_GPU", "with --pool gpu=...: the value that the handler holds"),
          ("Q_TOKEN", "names the run: no other run ever has the same"),
          ("Q_CONTROL", "the file for requests; not with --stream"),
          ("Q_STREAM", "with --stream: plain or json"),
          ("Q_PROTOCOL", "1: what all this means"),
        ]),
      HelpSection(
        "POOLS, AND A MACHINE THAT IS BUSY",
        intro: """
          With --pool each handler, or each process that --stream feeds, holds a value alone until it ends:
          that which has been free for longest. A value that stands twice is for two at once, and rests for
          both. Where neither --workers nor the queue says how many, there are as many handlers as values.
          Pools are this q-work's own: two of them may give the same value out. While values rest, items wait
          for the others. --memfree and --load are looked at four times a second, --memfree in the control
          group as well: nothing is claimed or started then, but what --stream feeds goes on. Below half of
          --memfree the youngest handler gets TERM, and KILL a second later, until there is enough.
          """),
      HelpSection(
        "BUDGETS",
        intro: """
          What handlers say that they spent, with "spend" or in answers, is booked in the transaction that
          ends the run, whatever the outcome; q-stats --budgets adds it up, exact to six places. Once
          the budget of a unit (q-config budget.usd=50) is spent nothing more is claimed: q-work ends with
          75 and names it, with --follow it waits; raising it lets all go on at once. What runs by then goes
          on: with --reserve usd=0.02 each item takes so much of the budget until its run ends, so that the
          sum stays within it as long as no run spends more than that. What is not told counts as spent: the
          reservations of a worker that died, but for what had not begun, and of what a process that --stream
          feeds was sent and did not answer. q-config rate.tokens=80k/m: what a run has spent is worked off at this rate from
          its claim on, and the next claim waits for that.
          """),
      HelpSection(
        "MANY ITEMS A PROCESS",
        intro: """
          With -n N a process gets up to N items, those that are there: fewer at the end of the queue.
          Their ids are its last arguments, or stand where {} and the like stand, each as an argument of
          its own; a command has as many as the system's limit allows. With --stdin they are lines of
          its standard input. It gets no payloads. -n auto begins with one and takes more, up to as many
          as take about a second. Its exit status holds for all its items, but for those that it names
          in $Q_CONTROL with "result". --timeout is for the whole process. What ends or kills it counts for
          all items that it has not named.
          """),
      HelpSection(
        "A HANDLER THAT LIVES ON",
        intro: """
          With --stream a slot starts one process and feeds it for as long as there are items. It reads
          an id a line and writes an exit status a line, in the same order: 0, or 65 TAB NOTE. It must
          flush each answer. Before it has answered, more ids come: one at first, at most --window, or
          about a second's work, or 12,000 for all slots together. At the end of its input it answers what is left and exits.
          """,
        rows: [
          ("--stream=json", "objects, which may be answered in any order, by their token:"),
          ("a request", #"{"token","id","attempt","max_attempts","payload"?}"#),
          (
            "an answer",
            #"{"token"?,"status","note"?,"defer"?,"rest"?,"spend"?:{UNIT:NUMBER}, "result"?:VALUE, "emit"?:[{"queue","id","payload"?}]}"#
          ),
          ("--timeout", "runs for the oldest id without an answer"),
          (
            "it ends, is killed",
            "that oldest item has a failed attempt; the others go back, using none; it is started again"
          ),
          (
            "an answer that is none",
            "the same, and it is killed; the note says so, and begins with \"protocol:\""
          ),
          ("three without an answer", "processes in a row: the run stops"),
        ],
        outro: """
          126 and 127 as answers are failed attempts. An id with a newline in it needs -0 or json, or it
          fails for good.
          """),
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
          (
            "pause DURATION, pause until TIME",
            "the whole queue rests; TIME is 14:30, the next one here, or 2026-11-27T14:30:00Z"
          ),
          ("rest DURATION", "the item's group rests, or the whole queue where it has none"),
          ("rest-pool NAME DURATION", "the value that the handler holds of this pool rests"),
          ("note TEXT", "kept with the run, for q-show and q-list --long"),
          (
            "spend UNIT NUMBER",
            "so much was spent of this unit, whatever becomes of the item: at most six places; adds up"
          ),
          ("result STATUS ID", "with -n: what this item came to, whatever the exit status"),
          (
            "emit QUEUE ID [TAB PAYLOAD]",
            "once this item is done, QUEUE has ID: both in one transaction, or neither"
          ),
          (
            "json OBJECT",
            #"the same for any bytes: {"emit":{"queue","id","payload"?}}, {"result":{"status","id"}}, {"spend":{UNIT:NUMBER}}"#
          ),
        ],
        outro: """
          One line that is none of these fails the item for good (with -n: all of the run), and nothing of
          the file holds. What is emitted has its parent's priority; an id that QUEUE has is a duplicate. At most 10,000 items, or
          16 MiB, an item. With -n all that is emitted belongs to the first item that succeeds. --emit QUEUE:
          each line of standard output is ID or ID TAB PAYLOAD, and is not printed. QUEUE is drained only
          when the queues that feed it are.
          """),
      HelpSection(
        "THE HANDLER'S OUTPUT",
        intro: """
          What a handler writes comes out whole when it ends, one handler at a time; standard error on
          standard error. What exceeds 64 KiB waits in a file without a name. An item is settled only
          when its output is out. --keep-order: an item that is tried again has no output but that of
          its last run; at most 1,000 outputs wait for one before them. --results: DIR/XX/YY/NAME.out,
          .err and .json; NAME is the id, with bytes but letters, digits, _, - and inner dots as %HH,
          and an end of its own where it would be over 200 bytes. --collect: what it writes to standard output,
          up to --collect-limit, is what its item gives back, for q-results: it is there if and only if the
          item is done, and is not printed. Streams answer with "result".
          """,
        rows: [
          ("with -n", "what holds for an item holds for the run:"),
          ("--tag", "each line begins with the run's first id"),
          ("--results", "files are named after the run's first id; the .json has all, as \"ids\""),
          ("--joblog", "a line a run"),
          ("--keep-order", "runs in the order of their claims"),
          ("--dry-run", "a line a run"),
          (
            "with --stream",
            """
            standard output is the answers, standard error comes out line by line; --tag, --results,
            --joblog, --keep-order, --line-buffer and --emit are refused
            """
          ),
        ]),
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
        "what is left is paused, held, due later than in 5 minutes, or beyond a budget",
      .handlerCannotRun: "the handler cannot be run",
      .handlerNotFound: "there is no such handler",
    ],
    outro: "After a signal it dies of that signal.",
    environment: [("TMPDIR", "where output beyond 64 KiB waits (default: /tmp)")])
}
