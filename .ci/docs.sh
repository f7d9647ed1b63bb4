# Builds the DocC articles; a broken link is an error.
rm -rf .build-docs/symbols
mkdir -p .build-docs/symbols
swift build --scratch-path .build-docs --target QueueCore -Xswiftc -emit-symbol-graph \
  -Xswiftc -emit-symbol-graph-dir -Xswiftc .build-docs/symbols
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")
"$docc" convert Sources/QueueCore/Documentation.docc --warnings-as-errors \
  --additional-symbol-graph-dir .build-docs/symbols --fallback-display-name QueueCore \
  --fallback-bundle-identifier queue-directory.QueueCore --output-path .build-docs/html
echo "the articles are in .build-docs/html"
