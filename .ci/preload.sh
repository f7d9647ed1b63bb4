# Builds what the tests preload into the commands (fixtures/preload/NAME.c) beside the commands:
# NAME.so.
case $(uname -s) in Linux) ;; *) exit 0 ;; esac
compiler=$(command -v cc || command -v clang || true)
[ -n "$compiler" ] || compiler=$(dirname "$(readlink -f "$(command -v swift)")")/clang
products=$(swift build --show-bin-path)
for source in fixtures/preload/*.c; do
  [ -e "$source" ] || continue
  library=$products/$(basename "$source" .c).so
  [ "$library" -nt "$source" ] && continue
  "$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC "$source" -o "$library" -ldl -pthread
done
