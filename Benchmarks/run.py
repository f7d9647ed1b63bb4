"""Measures q beside the tools that it replaces: in one run, interleaved, medians of several rounds.

    run.py Q [--rounds 5] [--items 20000] [--ids 1000000] [NAME...]

Prints a line a comparison: ours, the peer's, the ratio, and the bar that it should reach. Files go
to a directory below $TMPDIR, which must be on a disk: on memory nothing would be durable.
"""

import argparse
import fcntl
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import auto_slots
import batches
import budgets
import groups
import worker_at_rest

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["enqueue", "handlers", "stats", "looks", "sleepers", "slow_disk", "rest", "auto",
         "groups", "batches", "budgets"]
POOL = [sys.executable, os.path.join(HERE, "sqlite_pool.py")]


def run(command, stdin=os.devnull, **options):
    """Seconds that the command takes; its output goes nowhere."""
    with open(stdin, "rb") as source:
        began = time.perf_counter()
        subprocess.run(
            command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
            **options)
        return time.perf_counter() - began


class Bench:
    def __init__(self, options):
        self.q, self.rounds = os.path.abspath(options.q), options.rounds
        self.items, self.ids = options.items, options.ids
        self.place = tempfile.mkdtemp(prefix="q-bench-")
        self.fresh = 0

    def path(self, name):
        return os.path.join(self.place, name)

    def new(self, name):
        self.fresh += 1
        return self.path(f"{name}{self.fresh}")

    def lines(self, name, count, shuffled=False):
        path = self.path(name)
        if not os.path.exists(path):
            lines = [f"item-{number:09d}\n" for number in range(count)]
            if shuffled:
                random.Random(1).shuffle(lines)
            with open(path, "w", encoding="ascii") as target:
                target.writelines(lines)
        return path

    def interleaved(self, *measures):
        """The median of each measure, run in turn, round by round."""
        times = [[] for _ in measures]
        for _ in range(self.rounds):
            for place, measure in enumerate(measures):
                times[place].append(measure())
        return [statistics.median(each) for each in times]

    def row(self, what, ours, peer, unit, ratio, bar):
        verdict = "" if bar is None else f"bar {bar:.2f}: {'reached' if ratio >= bar else 'MISSED'}"
        print(f"{what:<46} {ours:>13} {peer:>13} {unit:<7} {ratio:>6.2f}  {verdict}", flush=True)

    # The comparisons. A ratio above 1 says that q is better.

    def enqueue(self):
        for kind, shuffled in (("sorted", False), ("random", True)):
            source = self.lines(f"{kind}.txt", self.ids, shuffled)

            def ours():
                store = self.new("store")
                return run([self.q, "enqueue", "-s", store, source])

            def peer():
                return run([*POOL, "fill", self.new("table"), source])

            a, b = self.interleaved(ours, peer)
            self.row(
                f"enqueue {self.ids:,} {kind} ids / SQLite", f"{self.ids / a:,.0f}",
                f"{self.ids / b:,.0f}", "ids/s", b / a, 2.5 if kind == "sorted" else None)

    def handlers(self):
        source = self.lines("handlers.txt", self.items)

        def ours():
            store = self.new("store")
            run([self.q, "enqueue", "-s", store, source])
            return run([self.q, "work", "-s", store, "--workers", "4", "--", "/bin/true"])

        def xargs():
            return run(["xargs", "-P4", "-n1", "/bin/true"], stdin=source)

        def parallel():
            few = self.lines("parallel.txt", self.items // 10)
            return 10 * run(["parallel", "-j4", "/bin/true"], stdin=few)

        def pool(**variables):
            few = self.lines("pool.txt", self.items // 10)
            table, environment = self.new("table"), {**os.environ, **variables}
            run([*POOL, "fill", table, few], env=environment)
            return 10 * run([*POOL, "work", table, "4", "/bin/true"], env=environment)

        times = self.interleaved(ours, xargs, parallel, pool, lambda: pool(Q_BENCH_WAL="1"))
        names = (("xargs -P4 -n1", 1.35), ("GNU parallel -j4", 8), ("SQLite, pool of 4", 5),
                 ("SQLite WAL, pool of 4", None))
        for (name, bar), seconds in zip(names, times[1:]):
            self.row(
                f"{self.items:,} x /bin/true, 4 workers / {name}", f"{self.items / times[0]:,.0f}",
                f"{self.items / seconds:,.0f}", "items/s", seconds / times[0], bar)

    def stats(self):
        stores = []
        for count in (10, self.ids):
            stores.append(self.new("store"))
            run([self.q, "enqueue", "-s", stores[-1], self.lines(f"{count}.txt", count)])
        table = self.new("table")
        run([*POOL, "fill", table, self.lines("10.txt", 10)])

        def many(command):
            return lambda: run(
                ["sh", "-c", 'n=0; while [ $n -lt 200 ]; do "$@"; n=$((n+1)); done', "sh", *command]
            ) * 1000 / 200

        line = self.lines("1.txt", 1)
        small, large, one, peer = self.interleaved(
            many([self.q, "stats", "-s", stores[0]]), many([self.q, "stats", "-s", stores[1]]),
            many([self.q, "enqueue", "--quiet", "-s", stores[0], line]),
            many(["sqlite3", table, "select count(*) from items"]))
        self.row("q-enqueue of one line / sqlite3 count(*), 10 rows", f"{one:.2f}", f"{peer:.2f}",
                 "ms", peer / one, 1 / 1.2)
        self.row("q-stats, 10 items / sqlite3 count(*), 10 rows", f"{small:.2f}", f"{peer:.2f}",
                 "ms", peer / small, 1 / 1.2)
        self.row(f"q-stats, {self.ids:,} items / q-stats, 10", f"{large:.2f}", f"{small:.2f}",
                 "ms", small / large, 1 / 1.1)

    def looks(self):
        """q-stats while a large enqueue runs, and while one is stopped in its transaction."""
        store = self.new("store")
        run([self.q, "enqueue", "-s", store, self.lines("10.txt", 10)])
        source = self.lines("six.txt", 6 * self.ids)

        def each():
            return run([self.q, "stats", "-s", store]) * 1000

        def is_writing():
            with open(os.path.join(store, "writer"), "rb+") as file:
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
                except OSError:
                    return True
                return False

        alone, beside, behind = [each() for _ in range(200)], [], []
        for stops in (False, True):
            writer = subprocess.Popen(
                [self.q, "enqueue", "-s", store, "-q", f"q{stops}", source],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not is_writing():
                time.sleep(0.001)
            if not stops:
                while writer.poll() is None:
                    beside.append(each())
                continue
            writer.send_signal(signal.SIGSTOP)
            while not is_writing():
                writer.send_signal(signal.SIGCONT)
                time.sleep(0.003)
                writer.send_signal(signal.SIGSTOP)
            behind = [each() for _ in range(200)]
            writer.send_signal(signal.SIGCONT)
            writer.wait()
        alone += [each() for _ in range(200)]
        bare = statistics.median(alone)
        for what, times in ((f"while {6 * self.ids:,} are enqueued", beside),
                            ("while a writer is stopped", behind)):
            median = statistics.median(times)
            self.row(f"q-stats {what} / alone", f"{median:.2f}", f"{bare:.2f}", "ms", bare / median,
                     1 / 1.25)
            print(f"  {len(times)} looks, the slowest {max(times):.1f} ms, alone {max(alone):.1f} ms")

    def sleepers(self):
        """`sleep ID`, each id a little over 0.1: what a handler costs that waits for something."""

        def lines(count):
            path = self.path(f"sleep{count}.txt")
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii") as target:
                    target.writelines(f"0.1{number:08d}\n" for number in range(count))
            return path

        def ours(workers, count):
            store = self.new("store")
            run([self.q, "enqueue", "-s", store, lines(count)])
            seconds = run([self.q, "work", "-s", store, "--workers", str(workers), "--", "sleep"])
            return seconds / count

        def xargs(workers, count):
            return run(["xargs", f"-P{workers}", "-n1", "sleep"], stdin=lines(count)) / count

        one, sixteen, many, xargs_one, xargs_many = self.interleaved(
            lambda: ours(1, 40), lambda: ours(16, 640), lambda: ours(128, 5120),
            lambda: xargs(1, 40), lambda: xargs(128, 5120))
        for what, each, base, bar in (
            ("16 workers / 1", sixteen, one, 15.7), ("128 workers / 1", many, one, 120),
            ("xargs -P128 / xargs -P1", xargs_many, xargs_one, None),
        ):
            self.row(f"sleep 0.1: {what}", f"{1 / each:,.0f}", f"{1 / base:,.1f}", "items/s",
                     base / each, bar)


    def slow_disk(self):
        """The same handlers when every sync takes 5 ms more: the dynamic build, with a preload."""
        preload = self.path("slow_sync.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", preload, os.path.join(HERE, "slow_sync.c"), "-ldl"],
            check=True)
        dynamic = os.path.join(HERE, "..", ".build-dynamic", "release", "q")
        source = self.lines("handlers.txt", self.items)

        def ours(**variables):
            store = self.new("store")
            run([self.q, "enqueue", "-s", store, source])
            return run([dynamic, "work", "-s", store, "--workers", "4", "--", "/bin/true"],
                       env={**os.environ, "LD_PRELOAD": preload, **variables})

        slow, fast = self.interleaved(lambda: ours(SLOW_SYNC="5000"), ours)
        self.row(f"{self.items:,} x /bin/true, syncs 5 ms longer / as they are",
                 f"{self.items / slow:,.0f}", f"{self.items / fast:,.0f}", "items/s", fast / slow, 0.9)

    def groups(self):
        groups.measure(self, run)

    def batches(self):
        batches.measure(self, run)

    def budgets(self):
        budgets.measure(self, run)

    def auto(self):
        auto_slots.measure(self.q, self.place, self.rounds)

    def rest(self):
        """Latency, wake-ups and memory."""
        store = self.new("store")
        handler = self.path("first_instruction")
        source = os.path.join(os.path.dirname(__file__), "first_instruction.c")
        run(["cc", "-O2", "-static", source, "-o", handler])
        median, high, alone, idle, memory = worker_at_rest.latency(self.q, store, handler)
        print(f"q-enqueue called -> handler's first instruction, idle worker: median {median:.1f} ms, "
              f"p99 {high:.1f} ms (bars: 2.5 and 10); the handler alone: {alone:.1f} ms")
        print(f"idle: {idle:.0f} wake-ups a minute (bar: 70), {memory:.1f} MB of its own")
        store = self.new("store")
        run([self.q, "enqueue", "-s", store, self.lines("handlers.txt", self.items)])
        peak = worker_at_rest.peak_memory(self.q, store, 16)
        print(f"{self.items:,} x /bin/true, 16 workers: at most {peak:.1f} MB of its own (bar: 30)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("q")
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--ids", type=int, default=1_000_000)
    options = parser.parse_args()
    bench = Bench(options)
    try:
        print(f"{'medians of ' + str(bench.rounds) + ' interleaved rounds':<46} {'q':>13} {'peer':>13}"
              f" {'':<7} {'ratio':>6}")
        for name in options.names or NAMES:
            getattr(bench, name)()
    finally:
        shutil.rmtree(bench.place)


if __name__ == "__main__":
    main()
