# Installs the Debian package in a small Debian of its own, uses it as somebody who is not root, upgrades it over
# a worker at work, and removes it: package.sh VERSION DATE. Needs root, and a mirror: that which apt uses.
set -euo pipefail
die() { echo "package test: $*" >&2; exit 1; }

# In namespaces of its own: what is mounted and started here ends with this script, however that does.
if [ -z "${PACKAGE_TEST:-}" ]; then
  [ "$(id -u)" = 0 ] || die "only root can install packages: run it as root"
  export PACKAGE_TEST=1
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

bash .ci/tools.sh debootstrap lintian systemd-analyze:systemd
. /etc/os-release
mirror=$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' 'Component: main' |
  sed -n "s/^${VERSION_CODENAME:-none} //p" | head -n 1)
[ -n "$mirror" ] || die "apt knows no mirror of ${VERSION_CODENAME:-this system}: nothing can be installed from it"

place=$(mktemp -d "${TMPDIR:-/tmp}/q-package-XXXXXX")
root=$place/root
tidy() {
  umount --lazy "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$place"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

for revision in 1 2; do
  DEB_REVISION=$revision bash .packaging/deb.sh "$1" "$2" "$place/$revision" >/dev/null
done
bash .ci/lint-deb.sh "$place"/1/*.deb
debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$mirror" >"$place/log" 2>&1 ||
  die "debootstrap has failed: $(tail -n 3 "$place/log")"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mkdir "$root/packages"
cp "$place"/[12]/*.deb "$root/packages"
mkdir -m 777 "$root/job"

# As root, and as a user.
as_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
user() {
  chroot --userspec=65534:65534 "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/job LC_ALL=C \
    bash -euc "cd /job; $1"
}
counts() { user "q-stats $* | tr -s ' \n' '= '"; }
files() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./job -o -path ./var/lib/dpkg -o -path ./var/log \
    -o -path ./tmp \) -prune -o -printf '%p %l\n' | sort)
}
is() { [ "$1" = "$2" ] || die "$3: \"$1\" instead of \"$2\""; }
passed=0
passes() { passed=$((passed + 1)); echo "ok: $*"; }

files >"$place/before"
as_root bash -c 'dpkg -i /packages/*-1_*.deb' >/dev/null
is "$(as_root dpkg-query -Wf '${Status} ${Version} ${Depends}' queue-directory)" \
  "install ok installed $1-1 " "what dpkg knows"
is "$(as_root dpkg --verify queue-directory)" "" "what dpkg finds changed"
passes "installed, and it depends on nothing"

for name in $(cd "$root/usr/bin" && ls q q-*); do
  is "$(user "$name --version | head -n 1")" "$name $1" "$name --version"
  is "$(zcat "$root/usr/share/man/man1/$name.1.gz" | sed -n 's/^\.Dt //p' | tr -d '\\')" "${name^^} 1" "the manual page of $name"
  user "source /usr/share/bash-completion/completions/$name; complete -p $name >/dev/null"
  grep -q "^#compdef $name\$" "$root/usr/share/zsh/vendor-completions/_$name" || die "$name: nothing for zsh"
  grep -q "^complete .*-c $name " "$root/usr/share/fish/vendor_completions.d/$name.fish" || die "$name: nothing for fish"
done
passes "each command says its version, and has a page and completions"

# The user manager that looks is this machine's, the command that it looks for is the package's.
sed "s,/usr/bin/,$root&," "$root/usr/lib/systemd/user/q-work@.service" >"$place/q-work@.service"
XDG_RUNTIME_DIR=$place systemd-analyze --user --man=no verify "$place/q-work@.service" >"$place/log" 2>&1 ||
  die "the unit: $(cat "$place/log")"
[ ! -s "$place/log" ] || die "the unit: $(cat "$place/log")"
passes "systemd takes the unit"

user 'seq 100 | q-enqueue' 2>/dev/null
status=0
user 'q-work --quiet --workers 4 --max-attempts 1 -- sh -c "test \$1 != 7" sh' 2>/dev/null || status=$?
is "$status" 1 "the end of a q-work with a failed item"
case $(counts) in *"done=99 failed=1 "*) ;; *) die "after 100 items: $(counts)" ;; esac
passes "100 items worked through by a user"

# The log of the handlers: an item that began and did not end, or began twice, would show.
user 'q-enqueue --queue busy <<<first; echo "echo begin \$1 >>log; sleep 0.05; echo end \$1 >>log" >handler' 2>/dev/null
user '>log'
user 'echo $$ >pid; exec q-work --queue busy --follow --quiet --workers 4 -- sh handler' 2>"$place/worker" &
worker=$!
user 'seq 400 | q-enqueue --quiet --queue busy'
until [ "$(grep -c ^end "$root/job/log")" -gt 50 ]; do
  kill -0 "$worker" 2>/dev/null || die "the worker has ended: $(cat "$place/worker")"
  sleep 0.05
done
as_root bash -c 'dpkg -i /packages/*-2_*.deb' >/dev/null
at_upgrade=$(grep -c ^end "$root/job/log")
[ "$at_upgrade" -lt 401 ] || die "nothing was left to do when the package was upgraded"
is "$(as_root dpkg-query -Wf '${Version}' queue-directory)" "$1-2" "the version after the upgrade"
case $(readlink "/proc/$(cat "$root/job/pid")/exe") in
  *" (deleted)") ;;
  *) die "the worker's file was not replaced" ;;
esac
user 'seq 401 500 | q-enqueue --quiet --queue busy; q-work --queue busy --quiet --limit 20 -- sh handler'
user 'q-wait --queue busy --timeout 2m'
kill -TERM "$(cat "$root/job/pid")"
status=0
wait "$worker" || status=$?
is "$status" 143 "the end of the worker, by TERM"
case $(counts --queue busy) in *"done=501 failed=0 "*) ;; *) die "after the upgrade: $(counts --queue busy)" ;; esac
is "$(grep -c ^begin "$root/job/log") $(sort "$root/job/log" | uniq -d | wc -l)" "501 0" "runs, and what ran twice"
user 'q-check 2>&1' >"$place/log" || die "$(cat "$place/log")"
passes "upgraded over a worker after $at_upgrade of 501 items: none lost, none twice"

as_root dpkg -r queue-directory >/dev/null
as_root dpkg -P queue-directory >/dev/null 2>&1
files | diff "$place/before" - || die "the package has left files, or taken some"
[ -e "$root/job/.q/current" ] || die "the package has taken a store with it"
passes "removed without a trace, but for the user's store"
echo "$passed passed, 0 failed"
