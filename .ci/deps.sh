# Makes sure that a program can be built against the named libraries, lmdb and libpq; installs their headers where
# they are missing.
compiler=$(command -v cc || command -v clang || true)
if [ -z "$compiler" ]; then
  swift=$(command -v swift || true)
  [ -n "$swift" ] || { echo "no Swift toolchain: install one, see https://swift.org/install" >&2; exit 1; }
  compiler=$(dirname "$(readlink -f "$swift")")/clang
fi

source_of() {
  case $1 in
    lmdb) printf '#include <lmdb.h>\nint main(void) { return mdb_version(0, 0, 0) == 0; }\n' ;;
    libpq) printf '#if __has_include(<postgresql/libpq-fe.h>)\n#include <postgresql/libpq-fe.h>\n#else
#include <libpq-fe.h>\n#endif\nint main(void) { return PQlibVersion() == 0; }\n' ;;
  esac
}

found() {
  out=$(mktemp)
  case $1 in lmdb) link=-llmdb ;; libpq) link=-lpq ;; esac
  source_of "$1" | "$compiler" -x c - -o "$out" "$link" 2>/dev/null
  status=$?
  rm -f "$out"
  return $status
}

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
for library in "${@:-lmdb}"; do
  found "$library" && continue
  case $library in lmdb) package=liblmdb-dev ;; *) package=libpq-dev ;; esac
  command -v apt-get >/dev/null || {
    echo "the headers of $library are missing: install them ($package)" >&2
    exit 1
  }
  echo "the headers of $library are missing: installing $package" >&2
  $sudo apt-get install -y -qq $package >/dev/null 2>&1 || {
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq $package >/dev/null
  }
  found "$library" || { echo "$library still cannot be built against: see above" >&2; exit 1; }
done
