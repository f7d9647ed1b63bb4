# Unpacks the source archive elsewhere, has SwiftPM fetch what it needs, and builds the release with no network, no
# git checkout, no cache and no configuration: dist.sh ARCHIVE VERSION. Needs root, to be without a network.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "dist test: only root can go without a network" >&2; exit 1; }
place=$(mktemp -d "${TMPDIR:-/tmp}/q-dist-XXXXXX")
trap 'rm -rf "$place"' EXIT
tar -xzf "$1" -C "$place"
mkdir "$place/home"
cd "$place/queue-directory-$2"
if git rev-parse --git-dir 2>/dev/null; then echo "dist test: $place is in a git checkout" >&2; exit 1; fi
swift package resolve
unshare --net env HOME="$place/home" GIT_CONFIG_SYSTEM=/dev/null make release
.build/release/q --version | head -n 1 | grep -qx "q $2"
make -s install DESTDIR="$place/installed"
[ -x "$place/installed/usr/local/bin/q-work" ]
echo "the archive builds without a network once its dependencies are there"
