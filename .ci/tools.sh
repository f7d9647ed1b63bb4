# Makes sure that the named commands are there. A Debian package of the same name has each, or the
# one named behind it: COMMAND:PACKAGE.
missing=
for tool in "$@"; do command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"; done
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null || { echo "missing:$missing: install them" >&2; exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing" >&2
install() {
  # shellcheck disable=SC2086
  $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
install 2>/dev/null || { $sudo apt-get update -qq && install; }
