# Builds the example of a program that uses the library (fixtures/library) as somebody else's package does, from
# a repository and by version, and runs it beside the commands: library.sh VERSION Q.
set -euo pipefail
version=$1 q=$2
place=$(mktemp -d "${TMPDIR:-/tmp}/q-library-XXXXXX")
trap 'rm -rf "$place"' EXIT
die() { echo "library: $*" >&2; exit 1; }

# What is here now, committed or not, in a repository with a tag.
mkdir "$place/queue-directory"
tar -c --exclude='./.git' --exclude='./.build*' . | tar -x -C "$place/queue-directory"
git() { command git -C "$place/queue-directory" -c user.name=test -c user.email= "$@"; }
git init --quiet
git add --all
git commit --quiet --message "$version"
git tag "$version"

cp -r fixtures/library "$place/words"
sed -i "s|name: .* path: \"../..\"|url: \"file://$place/queue-directory\", exact: \"$version\"|" \
  "$place/words/Package.swift"
swift build --package-path "$place/words" --scratch-path "$place/build" --security-path "$place/security" \
  >"$place/log" 2>&1 || { cat "$place/log" >&2; die "the example does not build"; }

words() { "$place/build/debug/words" "$place/store" "$@"; }
run() { [ "$1" = "$2" ] || die "$(printf 'said:\n%s\ninstead of:\n%s' "$1" "$2")"; }
run "$(words tree blackboard an-unreasonably-long-word tree)" "3 enqueued, 1 duplicates
1 done 4
2 done 10
3 failed$(printf ' ')
0 pending, 2 done, 1 failed"
# The commands and the library see the same.
run "$("$q" results -s "$place/store" -q words blackboard)" "10"
run "$("$q" retry -s "$place/store" -q words --all 2>&1)" "1 retried"
run "$(words tree | tail -n 1)" "0 pending, 2 done, 1 failed"
run "$("$q" check -s "$place/store" 2>&1 | cut -d' ' -f1-3)" "sound: 3 items"

# SwiftPM 6.3 takes unsafe flags of a dependency, which earlier ones refuse: so they are looked for.
swift package --package-path "$place/queue-directory" dump-package >"$place/manifest"
grep -q '"kind"' "$place/manifest" || die "the manifest says nothing of its settings"
! grep -i unsafe "$place/manifest" || die "the package has unsafe flags"
echo "the library's example builds and runs, and needs no unsafe flags"
