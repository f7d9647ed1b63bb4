# Has lintian look at a package: an error, or a warning that the package does not explain, fails.
set -euo pipefail
bash .ci/tools.sh lintian
lintian --no-cfg --allow-root --fail-on error,warning --tag-display-limit 0 "$1"
