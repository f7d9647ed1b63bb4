# Writes an archive of the sources that are committed: dist.sh VERSION DIRECTORY.
set -euo pipefail
name=queue-directory-$1 place=$2
die() { echo "dist: $*" >&2; exit 1; }
[ "$(git rev-parse --show-prefix 2>/dev/null || echo none)" = "" ] || die "an archive is made from a git checkout"
git show HEAD:Sources/QueueCommands/Help/Version.swift 2>/dev/null | grep -qxF "let version = \"$1\"" ||
  die "version $1 is not committed"
git diff --quiet HEAD || echo "dist: what is not committed is not in the archive" >&2
mkdir -p "$place"
git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$place/$name.tar.gz"
echo "$place/$name.tar.gz"
