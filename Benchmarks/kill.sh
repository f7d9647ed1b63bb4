# What is left when the process that runs the handlers is killed with -9, and what the next run
# does: 8 items of 3 seconds, 4 at once, killed after 1.5 s. $1: the q to use.
#
# Each handler holds a lock on a file of its item for as long as it runs, so a second one for the
# same item is seen. Tools that are not installed are left out.
set -u
q=$1
# The shell's own words about killed jobs.
exec 2>/dev/null
pool=$(dirname "$(readlink -f "$0")")/sqlite_pool.py
printf '%-22s %18s %14s %12s\n' tool 'live on, of 4' 'overlaps' 'items ended'

# begin: a fresh directory with the handler; show TOOL: what came of it.
begin() {
  place=$(mktemp -d)
  cd "$place" || exit 1
  cat > handler <<'END'
#!/bin/sh
exec 9> "lock$1"
flock -n 9 || echo "$1" >> overlaps
sleep 3
echo "$1" >> ended
END
  chmod +x handler
  seq 8 > items
}
# kill_tool PGREP'S OPTIONS: of those who were started here, no others of the name.
kill_tool() {
  sleep 1.5
  for pid in $(pgrep "$@"); do
    [ "$(readlink "/proc/$pid/cwd")" != "$place" ] || kill -9 "$pid"
  done
  sleep 0.5
  left=$(pgrep -fc "$place/handler [0-9]" || true)
}
show() {
  sleep 4
  overlaps=$(cat overlaps 2>/dev/null | wc -l)
  printf '%-22s %18s %14s %12s\n' "$1" "$left" "$overlaps" "$(sort -u ended 2>/dev/null | wc -l)"
  cd / && rm -rf "$place"
}

begin
{ xargs -P4 -n1 "$place/handler" < items & } 2>/dev/null
kill_tool -x xargs
show 'xargs -P' 2>/dev/null

if command -v parallel >/dev/null; then
  begin
  run() { parallel -j4 --joblog log "$@" "$place/handler" < items >/dev/null 2>&1; }
  { run & } 2>/dev/null
  kill_tool -f 'perl .*parallel -j4'
  run --resume
  show 'parallel --resume'
fi

begin
python3 "$pool" fill table items
{ python3 "$pool" work table 4 "$place/handler" & } 2>/dev/null
kill_tool -f 'sqlite_pool.py work'
python3 "$pool" work table 4 "$place/handler"
show 'SQLite + pool'

if command -v nq >/dev/null; then
  begin
  export NQDIR=$place/nq
  mkdir "$NQDIR"
  for item in 1 2 3 4 5 6 7 8; do nq "$place/handler" $item >/dev/null; done
  kill_tool -x nq
  show 'nq (one at a time)'
fi

if command -v tsp >/dev/null; then
  begin
  export TS_SOCKET=$place/socket
  tsp -S 4
  for item in 1 2 3 4 5 6 7 8; do tsp "$place/handler" $item >/dev/null; done
  kill_tool -x tsp
  show 'task-spooler'
fi

begin
"$q" enqueue --quiet items
{ "$q" work -j4 --quiet -- "$place/handler" & } 2>/dev/null
kill_tool -f "$q work"
"$q" work -j4 --quiet -- "$place/handler"
show 'q-work'
