# Makes sure that the named commands are there; a Debian package of the same name has each, or the
# one behind the colon.
missing=
for tool in "$@"; do command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"; done
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null || { echo "missing:$missing: install them" >&2; exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq $missing >/dev/null
