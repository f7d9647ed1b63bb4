# Makes sure that a program can be built against LMDB; installs its headers where they are missing.
compiler=$(command -v cc || command -v clang || true)
if [ -z "$compiler" ]; then
  swift=$(command -v swift || true)
  [ -n "$swift" ] || { echo "no Swift toolchain: install one, see https://swift.org/install" >&2; exit 1; }
  compiler=$(dirname "$(readlink -f "$swift")")/clang
fi

found() {
  out=$(mktemp)
  printf '#include <lmdb.h>\nint main(void) { return mdb_version(0, 0, 0) == 0; }\n' \
    | "$compiler" -x c - -o "$out" -llmdb 2>/dev/null
  status=$?
  rm -f "$out"
  return $status
}

found && exit 0
command -v apt-get >/dev/null || {
  echo "LMDB's headers are missing: install them (liblmdb-dev, lmdb-devel)" >&2
  exit 1
}
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "LMDB's headers are missing: installing liblmdb-dev" >&2
$sudo apt-get install -y -qq liblmdb-dev >/dev/null 2>&1 || {
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq liblmdb-dev >/dev/null
}
found || { echo "LMDB still cannot be built against: see above" >&2; exit 1; }
