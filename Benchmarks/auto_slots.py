"""`q-work --workers auto` beside fixed numbers: what it settles on, and how far from the best."""

import os
import re
import statistics
import subprocess

HANDLERS = (
    # Name, shell text, items for a fixed number, items for auto, fixed numbers.
    ("processor", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done", 300, 2000, (1, 2, 4, 8)),
    ("waiting", "exec sleep 0.1", 4000, 20000, (32, 64, 128, 256, 512)),
    ("both", "i=0; while [ $i -lt 12000 ]; do i=$((i+1)); done; exec sleep 0.08", 800, 4000,
     (4, 8, 16, 32, 64)),
)


def rates(q, store, log, text, items, workers):
    """Items a second over the whole run and over its second half; what was settled on."""
    with open(store + ".ids", "w", encoding="ascii") as source:
        source.writelines(f"{number}\n" for number in range(items))
    subprocess.run([q, "enqueue", "--quiet", "-s", store, store + ".ids"], check=True)
    said = subprocess.run(
        [q, "work", "-s", store, "-j", str(workers), "--progress", "none", "--joblog", log, "--",
         "sh", "-c", text, "sh"], check=True, stderr=subprocess.PIPE, text=True).stderr
    with open(log, encoding="utf-8") as lines:
        ends = sorted(float(start) + float(took) for start, took in
                      (line.split("\t")[2:4] for line in list(lines)[1:]))
    half = ends[len(ends) // 2:]
    found = re.findall(r"handlers at once: (\d+)", said)
    return (len(ends) / (ends[-1] - ends[0]), len(half) / (half[-1] - half[0]),
            found[-1] if found else "")


def measure(q, place, rounds):
    for name, text, few, many, numbers in HANDLERS:
        fixed, auto = {number: [] for number in numbers}, []
        for turn in range(rounds):
            for number in numbers:
                base = os.path.join(place, f"auto-{name}-{turn}-{number}")
                fixed[number].append(rates(q, base, base + ".log", text, few, number)[0])
            base = os.path.join(place, f"auto-{name}-{turn}")
            auto.append(rates(q, base, base + ".log", text, many, "auto"))
        medians = {number: statistics.median(all_of) for number, all_of in fixed.items()}
        best = max(medians, key=medians.get)
        print(f"{name}: " + ", ".join(f"-j{number} {rate:.0f}/s" for number, rate in medians.items()))
        whole, half = (statistics.median(each[place_] for each in auto) for place_ in (0, 1))
        print(f"  auto: settled on {', '.join(each[2] or 'nothing' for each in auto)}; second half "
              f"{half:.0f}/s = {half / medians[best]:.2f} of -j{best} (bar 0.90), "
              f"all of {many:,} items {whole / medians[best]:.2f}", flush=True)
