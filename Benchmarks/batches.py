"""Batches: what they cost beside none, and how long many of them, a large one and many waiters take."""

import os
import subprocess
import time


def measure(bench, run):
    costs(bench, run)
    many(bench, run)
    waiters(bench, run)


def enqueue(bench, run, store, source, *options):
    return run([bench.q, "enqueue", "-s", store, "--quiet", *options, source])


def costs(bench, run):
    """A million items of one batch: a record that each transaction writes once."""
    source = bench.lines("batch.txt", 1_000_000)

    def fill(*options):
        return enqueue(bench, run, bench.new("batch"), source, *options)

    def stream(*options):
        store = bench.new("batch")
        enqueue(bench, run, store, source, *options)
        return run([bench.q, "work", "-s", store, "--quiet", "--stream", "-j2", "--",
                    "sed", "-u", "s/.*/0/"])

    for what, one in (("enqueue 1M", fill), ("1M: sed that streams", stream)):
        none, batch = bench.interleaved(one, lambda: one("--batch", "b"))
        bench.row(f"one batch / none: {what}", f"{1e6 / batch:,.0f}", f"{1e6 / none:,.0f}",
                  "items/s", none / batch, None)


def many(bench, run):
    """10,000 batches of one item each, all of them awaited by one queue's items."""
    store = bench.new("many")
    began = time.perf_counter()
    script = """
      for i in $(seq 10000); do
        echo "m$i" | "$1" enqueue -s "$2" --quiet --batch "b$i"
        echo "r$i" | "$1" enqueue -s "$2" --quiet -q next --after "b$i"
      done
    """
    subprocess.run(["sh", "-c", script, "sh", bench.q, store], check=True, stderr=subprocess.DEVNULL)
    filled = time.perf_counter() - began
    look = run([bench.q, "stats", "-s", store, "-q", "next"])
    table = run([bench.q, "stats", "-s", store, "--batches"])
    maps = run([bench.q, "work", "-s", store, "--quiet", "-n", "1000", "--", "/bin/true"])
    rest = run([bench.q, "work", "-s", store, "--quiet", "-q", "next", "-n", "1000", "--", "/bin/true"])
    print(f"10,000 batches: two q-enqueue each {filled / 10_000 * 1e3:.1f} ms, q-stats {look * 1e3:.0f} ms, "
          f"q-stats --batches {table * 1e3:.0f} ms, their items {maps:.1f} s, what waits {rest:.1f} s")


def waiters(bench, run):
    """100,000 items that wait for one batch of a million."""
    store = bench.new("waiters")
    enqueue(bench, run, store, bench.lines("batch.txt", 1_000_000), "--batch", "b")
    filled = enqueue(bench, run, store, bench.lines("waiters.txt", 100_000), "-q", "next", "--after", "b")
    run([bench.q, "work", "-s", store, "--quiet", "--stream", "-j2", "--", "sed", "-u", "s/.*/0/"])
    work = [bench.q, "work", "-s", store, "--quiet", "-q", "next", "--stream", "-j2", "--",
            "sed", "-u", "s/.*/0/"]
    waited = run(work)
    plain = bench.new("plain")
    enqueue(bench, run, plain, bench.lines("waiters.txt", 100_000), "-q", "next")
    work[work.index(store)] = plain
    bench.row("100,000 that waited / that did not", f"{1e5 / waited:,.0f}", f"{1e5 / (alone := run(work)):,.0f}",
              "items/s", alone / waited, None)
    size = os.path.getsize(os.path.join(store, "env.0", "data.mdb")) >> 20
    print(f"100,000 that wait: entered in {filled:.2f} s; the store with 1.1M items has {size} MiB")
