# Packs what `make install` puts below /usr, with what Debian wants beside it, into a .deb:
# deb.sh VERSION DATE DIRECTORY. DATE is the day of the version; every file has it, so that the same files
# are the same package. $DEB_REVISION: Debian's part of the version. $DEBFULLNAME, $DEBEMAIL: who packs it;
# nobody, unless they say so.
set -euo pipefail
version=$1-${DEB_REVISION:-1} place=$3
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
SOURCE_DATE_EPOCH=$(date -d "$2" +%s)
maintainer="${DEBFULLNAME:-The authors of queue-directory} <${DEBEMAIL:-queue-directory@example.org}>"
here=.packaging

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022
make --no-print-directory install DESTDIR="$tree" PREFIX=/usr >/dev/null
share=$tree/usr/share doc=$tree/usr/share/doc/queue-directory

# Debian's zsh and systemd look for what packages bring at places of their own.
mkdir -p "$share/zsh/vendor-completions" "$tree/usr/lib/systemd/user" "$doc/examples" \
  "$share/lintian/overrides"
mv "$share"/zsh/site-functions/* "$share/zsh/vendor-completions"
mv "$share"/systemd/user/* "$tree/usr/lib/systemd/user"
rmdir "$share/zsh/site-functions" "$share/systemd/user" "$share/systemd"

cp $here/q-work.env "$doc/examples"
cp README.md "$doc"
cp Sources/QueueCore/Documentation.docc/Changelog.md "$doc/changelog"
cp $here/lintian-overrides "$share/lintian/overrides/queue-directory"
cat >"$doc/changelog.Debian" <<END
queue-directory ($version) unstable; urgency=medium

  * Version $1 of queue-directory; see changelog.gz.

 -- $maintainer  $(date -R -d "$2")
END

# The terms of what is linked into the commands, as those works state them.
package() { dpkg-query -S "$1" | sed -nE 's/^('"$2"')[:,].*/\1/p' | head -n 1; }
lmdb=$(package '*/lmdb.h' 'liblmdb[a-z0-9]*-dev') libc=$(package '*/libc.a' 'libc[0-9.]+-dev')
[ -n "$lmdb" ] && [ -n "$libc" ] || { echo "deb: no package has lmdb.h, or libc.a" >&2; exit 1; }
swift=$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt
{
  cat $here/copyright
  sed -n '/^## Runtime Library Exception/,$p' "$swift"
  for part in "$lmdb" "$libc"; do
    printf '\n\n%s\n\n' "==== $part ===="
    cat "/usr/share/doc/$part/copyright"
  done
} >"$doc/copyright"

gzip -9n "$share"/man/man1/*.1 "$doc/changelog" "$doc/changelog.Debian" "$doc/README.md"
find "$tree" -type d -exec chmod 755 {} +
find "$tree" -type f ! -path '*/bin/*' -exec chmod 644 {} +

mkdir "$tree/DEBIAN"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
sed -e "s/@version@/$version/" -e "s/@architecture@/$(dpkg --print-architecture)/" \
  -e "s/@maintainer@/$maintainer/" -e "s/@size@/$(du -sk --apparent-size "$tree/usr" | cut -f1)/" \
  -e "s/@libc@/$(dpkg-query -Wf '${source:Package} (= ${source:Version})' "$libc")/" $here/control.in >"$tree/DEBIAN/control"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$place"
file=$place/queue-directory_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$file" >/dev/null
echo "$file"
