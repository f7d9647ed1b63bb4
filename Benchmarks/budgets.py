"""Budgets: what a queue whose runs spend costs beside one whose runs do not, by a handler that streams objects."""

ITEMS = 200_000
PLAIN = '{"status":0}\n'
SPENDS = '{"status":0,"spend":{"usd":0.0123}}\n'


def measure(bench, run):
    source = bench.lines("budget.txt", ITEMS)

    def stream(answer, settings=(), options=()):
        store = bench.new("budget")
        run([bench.q, "enqueue", "-s", store, "--quiet", source])
        if settings:
            run([bench.q, "config", "-s", store, *settings])
        handler = f"import sys\nfor _ in sys.stdin: sys.stdout.write({answer!r}); sys.stdout.flush()\n"
        return run([bench.q, "work", "-s", store, "--quiet", "--stream=json", "-j2", *options, "--",
                    "python3", "-c", handler])

    limit = ["budget.usd=1000000"]
    cases = (("a limit", lambda: stream(PLAIN, limit)), ("each spends", lambda: stream(SPENDS)),
             ("each spends and reserves", lambda: stream(SPENDS, limit, ["--reserve", "usd=0.02"])))
    for what, one in cases:
        none, some = bench.interleaved(lambda: stream(PLAIN), one)
        bench.row(f"{what} / none: {ITEMS:,} objects", f"{ITEMS / some:,.0f}", f"{ITEMS / none:,.0f}",
                  "items/s", none / some, None)
