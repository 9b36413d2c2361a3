#!/bin/sh
# What the tests of the HTML report need besides `make test`: Playwright in .venv, Chromium, axe-core. Prints the path of
# axe-core's script; where something is not to be had it says so and fails, and those tests are skipped.
set -eu
to=${1:?a folder for axe-core}
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || sh tools/setup.sh dev >&2
case ${LICGRAPH_LOCKED:-} in 1) what="--no-deps --require-hashes -r tools/requirements-browser.lock" ;; *) what="-r tools/requirements-browser.txt" ;; esac
.venv/bin/python -m pip install --quiet --disable-pip-version-check $what >&2
if ! command -v chromium > /dev/null && ! command -v google-chrome > /dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo "no Chromium: install it, or set LICGRAPH_CHROMIUM" >&2; exit 1; }
  apt-get -qq update >&2 && apt-get -qq install -y --no-install-recommends chromium > /dev/null 2>&1 || { echo "Chromium cannot be installed" >&2; exit 1; }
fi
(cd "$to" && npm pack --silent axe-core@4.14.1 > axe.name && tar xzf "$(cat axe.name)" package/axe.min.js) >&2
echo "$to/package/axe.min.js"
