#!/bin/sh
# Fetches the graph libraries of the HTML report anew: their published files with their licence text in front, so that
# every report that carries the code carries the notice too. Needs npm. tests/test_page.py holds the sums.
set -eu
cd "$(dirname "$0")/.."
to=$PWD/src/licgraph/reports/page/vendor
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm pack --silent cytoscape@3.35.0 @dagrejs/dagre@3.1.3 > /dev/null
mkdir c d && tar xzf cytoscape-*.tgz -C c && tar xzf dagrejs-*.tgz -C d
cp c/package/dist/cytoscape.min.js "$to/cytoscape.min.js" # its licence is its first comment
{ cat d/package/dist/dagre.min.js.LEGAL.txt; grep -v '^//# sourceMappingURL=' d/package/dist/dagre.min.js; } > "$to/dagre.min.js"
sha256sum "$to"/*.js
