"""What a worker costs that waits, and how soon it wakes: figures without a peer."""

import glob
import os
import statistics
import subprocess
import time


def own_kilobytes(pid):
    """Memory that is not a file's; what it has mapped of the store is the system's to take back."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as source:
        return sum(int(line.split()[1]) for line in source if line.startswith("Anonymous"))


def wake_ups(pid):
    """How often the process's threads have gone to sleep of themselves."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path, encoding="ascii") as source:
            total += sum(int(line.split()[1]) for line in source if line.startswith("voluntary"))
    return total


def spawned(command, line):
    """Starts a command with a line on its standard input; the moment before, and its process."""
    ends = os.pipe()
    os.write(ends[1], line.encode())
    os.close(ends[1])
    began = time.time_ns()
    pid = os.posix_spawn(command[0], command, os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, ends[0], 0)])
    os.close(ends[0])
    return began, pid


def latency(q, store, handler, rounds=200):
    """Milliseconds from the start of q-enqueue to the handler's first instruction, and from the start
    of the handler alone to that; wake-ups a minute; memory."""
    with subprocess.Popen(
        [q, "work", "-s", store, "--follow", "--quiet", "-j", "2", "--", handler],
        stdout=subprocess.PIPE, text=True) as worker:
        times, alone = [], []
        time.sleep(0.5)
        for number in range(rounds):
            began, pid = spawned([q, "enqueue", "--quiet", "-s", store], f"{number}\n")
            times.append((int(worker.stdout.readline()) - began) / 1e6)
            os.waitpid(pid, 0)
            time.sleep(0.02)
            began = time.time_ns()
            started = subprocess.run([handler], stdout=subprocess.PIPE, check=True).stdout
            alone.append((int(started) - began) / 1e6)
            time.sleep(0.02)
        time.sleep(1)
        before, began = wake_ups(worker.pid), time.monotonic()
        time.sleep(30)
        idle = (wake_ups(worker.pid) - before) / (time.monotonic() - began) * 60
        memory = own_kilobytes(worker.pid)
        worker.terminate()
    times.sort()
    return (statistics.median(times), times[int(len(times) * 0.99)], statistics.median(alone), idle,
            memory / 1024)


def peak_memory(q, store, slots):
    """Megabytes that a worker had for itself at most, while it worked a queue off."""
    with subprocess.Popen(
        [q, "work", "-s", store, "--quiet", "-j", str(slots), "--", "/bin/true"]) as worker:
        most = 0
        while worker.poll() is None:
            try:
                most = max(most, own_kilobytes(worker.pid))
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(0.01)
    return most / 1024
