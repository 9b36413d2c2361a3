#!/bin/sh
# Writes tools/requirements-*.lock anew: every version and sha256 of what the tests, the browser and the audit need, for
# Python 3.10 and newer. No index stands in them. Needs uv (`pip install uv`); `tools/setup.sh dev` uses them where
# LICGRAPH_LOCKED=1.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-uv}
compile() { # what is written is what is resolved anew, not what stood there before
  "$uv" pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.10 --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"
}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
compile --output-file "$new/dev" --extra audit --extra hub pyproject.toml tools/requirements-dev.txt
compile --output-file "$new/data" --no-deps tools/requirements-data.txt
cat "$new/dev" "$new/data" > tools/requirements-dev.lock
for name in browser audit; do
  compile --output-file "$new/$name" --constraint tools/requirements-dev.lock "tools/requirements-$name.txt"
  mv "$new/$name" "tools/requirements-$name.lock"
done
