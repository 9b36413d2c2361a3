#!/bin/sh
# Asks a vulnerability database about everything that tools/requirements-dev.lock and -browser.lock name.
# Exit 0: nothing known against any. 1: something is. 3: no database could be reached (said on stderr), nothing was audited.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/env"
"$scratch/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tools/requirements-audit.lock 2> "$scratch/said" || { echo "pip-audit cannot be installed: nothing was audited" >&2; exit 3; }
for service in pypi osv; do
  "$scratch/env/bin/pip-audit" --vulnerability-service "$service" --disable-pip --require-hashes --progress-spinner off --timeout 15 --format json --output "$scratch/found.json" \
    -r tools/requirements-dev.lock -r tools/requirements-browser.lock > "$scratch/said" 2>&1 || true
  code=0
  "$scratch/env/bin/python" tools/audit_said.py "$scratch/found.json" "$service" || code=$?
  [ "$code" -eq 3 ] || exit "$code"
done
echo "no vulnerability database could be reached: nothing was audited" >&2
exit 3
