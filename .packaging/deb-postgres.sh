# Packs q-postgres into a .deb of its own, beside the one that deb.sh packs: deb-postgres.sh VERSION DATE DIRECTORY.
set -euo pipefail
version=$1-${DEB_REVISION:-1} place=$3
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
SOURCE_DATE_EPOCH=$(date -d "$2" +%s)
maintainer="${DEBFULLNAME:-The authors of queue-directory} <${DEBEMAIL:-queue-directory@example.org}>"
name=queue-directory-postgres

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022
make --no-print-directory install-postgres DESTDIR="$tree" PREFIX=/usr >/dev/null
doc=$tree/usr/share/doc/$name
mkdir -p "$doc" "$tree/DEBIAN"
cat >"$doc/changelog.Debian" <<END
$name ($version) unstable; urgency=medium

  * Version $1 of queue-directory.

 -- $maintainer  $(date -R -d "$2")
END
{
  cat .packaging/copyright
  swift=$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt
  sed -n '/^## Runtime Library Exception/,$p' "$swift"
} >"$doc/copyright"
gzip -9n "$doc/changelog.Debian"
find "$tree" -type d -exec chmod 755 {} +

# What it is linked to has to be there in the version that it was linked to, or a later one.
libc=$(dpkg-query -Wf '${Version}' libc6 | sed 's/-.*//') libpq=$(dpkg-query -Wf '${Version}' libpq5 | sed 's/[.-].*//')
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
cat >"$tree/DEBIAN/control" <<END
Package: $name
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Section: utils
Priority: optional
Depends: queue-directory (= $version), libc6 (>= $libc), libpq5 (>= $libpq), libgcc-s1, libstdc++6
Description: queues of queue-directory on a PostgreSQL server
 Lets the commands of queue-directory keep queues in a PostgreSQL database, so
 that many machines work on them: an address postgres://USER@HOST/DATABASE in
 place of a directory. What a killed worker leaves is run again at once; what a
 machine leaves that is cut off, after a lease.
END
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$place"
file=$place/${name}_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$file" >/dev/null
echo "$file"
