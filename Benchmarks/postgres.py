"""Measures queues on a PostgreSQL server of its own, beside a directory and beside what the server can commit.

    postgres.py Q Q_POSTGRES TURNS [--ids 1000000] [--rounds 3] [NAME...]

The server's files go to a directory below $TMPDIR, which must be on a disk. Prints a line a comparison, with the bar
that it should reach. As root the server is run by a user without rights.
"""

import argparse
import glob
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

import worker_at_rest

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["commits", "enqueue", "turns", "handlers", "stats", "latency", "bloat", "slow"]


class Server:
    """A server in a directory, on a socket there."""

    def __init__(self, place, **environment):
        self.place = place
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.environment = {**os.environ, **environment}
        os.makedirs(place)
        os.chmod(place, 0o777)
        self.call("initdb", "-A", "trust", "-U", "q", "-D", place + "/data").wait()
        self.process = self.call(
            "postgres", "-D", place + "/data", "-c", "listen_addresses=", "-c",
            "unix_socket_directories=" + place, "-c", "max_connections=200", "-c",
            "shared_buffers=512MB", "-c", "max_wal_size=8GB")
        while self.sql("SELECT 1", "postgres", check=False) is None:
            time.sleep(0.1)
        self.sql("CREATE DATABASE q", "postgres")

    def call(self, name, *words):
        command = [os.path.join(self.programs, name), *words]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        return subprocess.Popen(command, cwd=self.place, env=self.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sql(self, text, database="q", check=True):
        done = subprocess.run(
            ["psql", "-qAt", "-h", self.place, "-U", "q", "-d", database, "-c", text],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=check)
        return done.stdout.strip() if done.returncode == 0 else None

    def pgbench(self, script, clients, seconds=4, **variables):
        """Transactions a second."""
        path = os.path.join(self.place, "script.sql")
        with open(path, "w", encoding="ascii") as target:
            target.write(script)
        words = [f"-D{name}={value}" for name, value in variables.items()]
        done = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-f", path, "-c", str(clients), "-j",
             str(min(clients, 4)), "-T", str(seconds), *words, "-h", self.place, "-U", "q", "q"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        line = [line for line in done.stdout.splitlines() if line.startswith("tps")][-1]
        return float(line.split()[2])

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Bench:
    def __init__(self, options):
        self.ids, self.rounds, self.turns_program = options.ids, options.rounds, options.turns
        self.place = tempfile.mkdtemp(prefix="q-bench-")
        os.chmod(self.place, 0o755)
        # Beside each other, as they are installed.
        self.q = os.path.join(self.place, "q")
        shutil.copy(options.q, self.q)
        shutil.copy(options.q_postgres, os.path.join(self.place, "q-postgres"))
        self.server = Server(os.path.join(self.place, "server"))
        self.fresh = 0

    def end(self):
        self.server.end()
        shutil.rmtree(self.place)

    def address(self, server=None):
        self.fresh += 1
        return f"postgres://q@/q?host={(server or self.server).place}&schema=s{self.fresh}"

    def directory(self):
        self.fresh += 1
        return os.path.join(self.place, f"store{self.fresh}")

    def lines(self, count):
        path = os.path.join(self.place, f"{count}.txt")
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as target:
                target.writelines(f"item-{number:09d}\n" for number in range(count))
        return path

    @staticmethod
    def seconds(command, **options):
        began = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True, **options)
        return time.perf_counter() - began

    def median(self, measure):
        return statistics.median(measure() for _ in range(self.rounds))

    @staticmethod
    def row(what, value, unit, bar=None, beside=""):
        verdict = "" if bar is None else f"bar {bar:,}: {'reached' if value >= bar else 'MISSED'}"
        print(f"{what:<58} {value:>12,.0f} {unit:<8} {verdict:<24} {beside}", flush=True)

    def commits(self):
        """What the server can do at most: empty commits."""
        for clients in (1, 4, 16):
            rate = self.server.pgbench("SELECT pg_logical_emit_message(true, 'q', '');", clients)
            self.row(f"bare commits, {clients} at once", rate, "/s")

    def enqueue(self):
        source = self.lines(self.ids)
        ours = self.ids / self.median(
            lambda: self.seconds([self.q, "enqueue", "-s", self.address(), source]))
        other = self.ids / self.median(
            lambda: self.seconds([self.q, "enqueue", "-s", self.directory(), source]))
        self.row(f"enqueue {self.ids:,} ids", ours, "ids/s", 80_000,
                 f"in a directory {other:,.0f}")

    def work(self, address, items, size, workers):
        subprocess.run([self.turns_program, address, str(items), "0"], check=True)
        began = time.perf_counter()
        running = [subprocess.Popen([self.turns_program, address, "0", str(size)],
                                    stdout=subprocess.DEVNULL) for _ in range(workers)]
        for process in running:
            process.wait()
        return items / (time.perf_counter() - began)

    def turns(self):
        """Claim and settle, so many a turn; beside it a table with a status, claimed with SKIP LOCKED."""
        bars = {(1, 4): 1_500, (256, 4): 40_000, (1_000, 4): 60_000}
        self.server.sql(
            "CREATE TABLE jobs (id bigint PRIMARY KEY, owner int, done bool NOT NULL DEFAULT false);"
            "CREATE INDEX ON jobs (id) WHERE owner IS NULL;"
            f"INSERT INTO jobs SELECT n FROM generate_series(1, {4 * self.ids}) n")
        claim = """
            UPDATE jobs SET owner = :client_id WHERE id IN (SELECT id FROM jobs WHERE owner IS NULL
              ORDER BY id LIMIT :size FOR UPDATE SKIP LOCKED);
            UPDATE jobs SET done = true WHERE id IN
              (SELECT id FROM jobs WHERE owner = :client_id AND NOT done LIMIT :size);
            """
        self.server.sql("CREATE INDEX ON jobs (owner) WHERE NOT done")
        for size, items in ((1, 6_000), (16, 60_000), (256, 200_000), (1_000, 200_000)):
            for workers in (1, 4, 16):
                rate = statistics.median(
                    self.work(self.address(), items, size, workers) for _ in range(self.rounds))
                peer = self.server.pgbench(claim, workers, size=size) * size
                self.row(f"claim and settle by {size}, {workers} at once", rate, "items/s",
                         bars.get((size, workers)), f"a table with SKIP LOCKED {peer:,.0f}")
        self.server.sql("DROP TABLE jobs")

    def handlers(self):
        source = self.lines(20_000)
        rates = []
        for new in (self.address, self.directory):
            def measure():
                store = new()
                self.seconds([self.q, "enqueue", "-s", store, source])
                return self.seconds([self.q, "work", "-s", store, "--workers", "4", "--", "/bin/true"])
            rates.append(20_000 / self.median(measure))
        self.row("20,000 x /bin/true, 4 workers", rates[0], "items/s", None,
                 f"in a directory {rates[1]:,.0f}")

    def stats(self):
        times = []
        for store in (self.address(), self.directory()):
            self.seconds([self.q, "enqueue", "-s", store, self.lines(self.ids)])
            each = [self.seconds([self.q, "stats", "-s", store]) * 1000 for _ in range(100)]
            times.append(statistics.median(each))
        print(f"q-stats of {self.ids:,} items: {times[0]:.1f} ms, in a directory {times[1]:.1f} ms")

    def latency(self):
        handler = os.path.join(self.place, "first_instruction")
        subprocess.run(["cc", "-O2", "-static", os.path.join(HERE, "first_instruction.c"), "-o", handler],
                       check=True)
        for name, store in (("a server", self.address()), ("a directory", self.directory())):
            median, high, *_ = worker_at_rest.latency(self.q, store, handler)
            print(f"q-enqueue called -> handler's first instruction, {name}: median {median:.1f} ms, "
                  f"p99 {high:.1f} ms")

    def bloat(self):
        store = self.address()
        schema = store.rpartition("=")[2]
        self.seconds([self.q, "enqueue", "-s", store, self.lines(self.ids)])
        worker = subprocess.Popen(
            [self.q, "work", "-s", store, "--quiet", "--workers", "2", "-n", "1000", "--stdin", "--",
             "/bin/cat"], stdout=subprocess.DEVNULL)
        worker.wait()
        time.sleep(12)
        found = self.server.sql(
            "SELECT relname, pg_table_size(relid) >> 20, n_dead_tup FROM pg_stat_user_tables "
            f"WHERE schemaname = '{schema}' AND pg_table_size(relid) > 1048576 ORDER BY 2 DESC")
        print(f"after {self.ids:,} items went through: table, MB, dead rows")
        for line in found.splitlines():
            print("   ", line.replace("|", "  "))

    def slow(self):
        """Every sync of the server's takes 5 ms more."""
        preload = os.path.join(self.place, "slow_sync.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", preload,
                        os.path.join(HERE, "slow_sync.c"), "-ldl"], check=True)
        server = Server(os.path.join(self.place, "slow"), LD_PRELOAD=preload, SLOW_SYNC="5000")
        try:
            bare = server.pgbench("SELECT pg_logical_emit_message(true, 'q', '');", 16, 8)
            for workers in (1, 16):
                rate = statistics.median(
                    self.work(self.address(server), 400 * workers, 1, workers) for _ in range(self.rounds))
                self.row(f"syncs of 5 ms: claim and settle by 1, {workers} at once", rate, "items/s",
                         0.9 * bare if workers == 16 else None, f"bare commits of 16 {bare:,.0f}")
        finally:
            server.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("q")
    parser.add_argument("q_postgres")
    parser.add_argument("turns")
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ids", type=int, default=1_000_000)
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for name in options.names or NAMES:
            getattr(bench, name)()
    finally:
        bench.end()


if __name__ == "__main__":
    main()
