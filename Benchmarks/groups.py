"""Groups: what they cost beside none, and how well limits and rates of many are kept and used."""

import os
import subprocess
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(bench, run):
    costs(bench, run)
    crowd(bench, run)
    hosts(bench)


def urls(bench, groups, each):
    """`each` items for every group, the groups in turn."""
    path = bench.path(f"urls-{groups}-{each}.txt")
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as target:
            for item in range(each):
                target.writelines(f"http://h{group:06d}/{item}\n" for group in range(groups))
    return path


def filled(bench, source, options, *settings):
    store = bench.new("groups")
    subprocess.run([bench.q, "enqueue", "-s", store, "--quiet", *options, source],
                   stderr=subprocess.DEVNULL, check=True)
    if settings:
        subprocess.run([bench.q, "config", "-s", store, *settings], check=True)
    return store


def costs(bench, run):
    """The worst case: 100,000 groups, each of whose items lies on another page."""
    source = urls(bench, 100_000, 10)
    stores = {kind: filled(bench, source, options)
              for kind, options in (("none", []), ("groups", ["--group-by", "host"]))}

    def claims(store):
        line = f"'{bench.q}' claim -s '{store}' --quiet -n 1000 | '{bench.q}' settle -s '{store}' --quiet done"
        return run(["sh", "-c", f"for i in 1 2 3 4 5 6 7 8 9 10; do {line}; done"])

    def processes(store):
        return run([bench.q, "work", "-s", store, "--quiet", "-j4", "--limit", "5000", "--", "/bin/true"])

    def streams(options):
        store = filled(bench, source, options)
        return run([bench.q, "work", "-s", store, "--quiet", "--stream", "-j2", "--",
                    "sed", "-u", "s/.*/0/"])

    for what, measure_one, count, bar in (
            ("claim -n 1000, settle", claims, 10_000, 1 / 1.5),
            ("/bin/true, 4 workers", processes, 5_000, 1 / 1.5)):
        none, groups = bench.interleaved(lambda: measure_one(stores["none"]),
                                         lambda: measure_one(stores["groups"]))
        bench.row(f"100,000 groups / none: {what}", f"{count / groups:,.0f}",
                  f"{count / none:,.0f}", "items/s", none / groups, bar)
    none, groups = bench.interleaved(lambda: streams([]), lambda: streams(["--group-by", "host"]))
    bench.row("100,000 groups / none: sed that streams", f"{1e6 / groups:,.0f}",
              f"{1e6 / none:,.0f}", "items/s", none / groups, None)


def crowd(bench, run):
    """A group of a million items at its limit holds nobody up."""
    many = bench.lines("crowd.txt", 1_000_000)
    few = urls(bench, 1, 50_000)

    def work(is_beside):
        store = filled(bench, few, ["--group", "free"])
        if is_beside:
            run([bench.q, "enqueue", "-s", store, "--quiet", "--group", "crowd", "--priority", "0", many])
            run([bench.q, "config", "-s", store, "--group", "crowd", "limit=1"])
            run([bench.q, "claim", "-s", store, "--quiet", "--lease", "1h"])
        return run([bench.q, "work", "-s", store, "--quiet", "--no-wait", "--limit", "50000", "-n",
                    "1000", "-j2", "--", "/bin/true"])

    alone, beside = bench.interleaved(lambda: work(False), lambda: work(True))
    bench.row("a million at their limit beside / alone", f"{5e4 / beside:,.0f}", f"{5e4 / alone:,.0f}",
              "items/s", alone / beside, 0.95)


def hosts(bench):
    """A thousand hosts, each at one a second and at most two at once; 64 handlers of four q-work."""
    count, each, workers = 1_000, 20, 4
    handler, hits = bench.path("group_start"), bench.path("hits")
    subprocess.run(["cc", "-O2", "-static", "-o", handler, os.path.join(HERE, "group_start.c")], check=True)
    store = filled(bench, urls(bench, count, each), ["--group-by", "host"], "group-limit=2", "group-rate=1/s")
    all_workers = [subprocess.Popen([bench.q, "work", "-s", store, "--quiet", "-j16", "--", handler, hits])
                   for _ in range(workers)]
    for worker in all_workers:
        worker.wait()
    starts, live, most = defaultdict(list), Counter(), 0
    with open(hits, encoding="ascii") as lines:
        for line in lines:
            what, moment, url = line.split()
            host = url.split("/")[2]
            live[host] += 1 if what == "S" else -1
            most = max(most, live[host])
            if what == "S":
                starts[host].append(int(moment))
    times = sorted(moment for each_host in starts.values() for moment in each_host)
    seconds = (times[-1] - times[0]) / 1e6
    gaps = sorted((b - a) / 1e6 for each_host in starts.values() for a, b in zip(each_host, each_host[1:]))
    # The first of each host may start at once.
    allowed = count * (seconds + 1)
    bench.row("1,000 hosts at 1/s: started / allowed", f"{len(times) / seconds:,.0f}",
              f"{allowed / seconds:,.0f}", "items/s", len(times) / allowed, 0.95)
    print(f"  at most {most} of a host at once, of 2; between two starts of a host at least {gaps[0]:.2f} s, "
          f"in the median {gaps[len(gaps) // 2]:.3f} s")
