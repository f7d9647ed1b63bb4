"""The pattern that this project replaces: a SQLite table of items with a status, and a pool.

    sqlite_pool.py fill DB FILE       INSERT OR IGNORE of every line, in one transaction
    sqlite_pool.py work DB N CMD...   N processes; each claims an item, runs CMD ID, notes the end

SQLite's defaults, durable; with Q_BENCH_WAL=1 its write-ahead log, which few scripts switch on.
"""

import multiprocessing
import os
import sqlite3
import subprocess
import sys

TABLE = """create table if not exists items(
    id text primary key, status text not null default 'pending', attempts integer not null default 0)"""
CLAIM = """update items set status = 'processing', attempts = attempts + 1
    where id = (select id from items where status = 'pending' limit 1) returning id"""


def connect(path):
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    if os.environ.get("Q_BENCH_WAL"):
        connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    return connection


def fill(path, lines):
    connection = connect(path)
    connection.execute(TABLE)
    with open(lines, encoding="utf-8") as source:
        connection.execute("begin immediate")
        connection.executemany(
            "insert or ignore into items(id) values (?)", ((line.rstrip("\n"),) for line in source)
        )
        connection.execute("commit")


def work(path, command):
    connection = connect(path)
    while row := connection.execute(CLAIM).fetchone():
        ended = subprocess.run([*command, row[0]], stdin=subprocess.DEVNULL, capture_output=True)
        status = "done" if ended.returncode == 0 else "failed"
        connection.execute("update items set status = ? where id = ?", (status, row[0]))


if __name__ == "__main__":
    verb, database, *rest = sys.argv[1:]
    if verb == "fill":
        fill(database, rest[0])
    else:
        connect(database).execute("create index if not exists by_status on items(status)")
        pool = [
            multiprocessing.Process(target=work, args=(database, rest[1:]))
            for _ in range(int(rest[0]))
        ]
        for process in pool:
            process.start()
        for process in pool:
            process.join()
