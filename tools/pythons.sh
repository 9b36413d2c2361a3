#!/usr/bin/env bash
# The wheel on every Python from 3.10 on that is found here, and where it may not write: `tools/pythons.sh WHEEL`.
# Each runs tools/smoke.sh; the bytes have to be the same everywhere. With LICGRAPH_PYTHONS_TESTS=1 the fast tests, too, under
# the locked dependencies. LICGRAPH_PYTHONS: which ones. Pythons that are not here are named; exit 1 if one that is here fails, or none is.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
wheel=$(realpath "${1:?a wheel}")
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
FAST="tests/test_api.py tests/test_cases.py tests/test_cli.py tests/test_decide.py tests/test_knowledge.py tests/test_inputs.py tests/test_export_cyclonedx.py tests/test_lock.py"
found="" missing=""
for version in ${LICGRAPH_PYTHONS:-3.10 3.11 3.12 3.13 3.14}; do
  python=$(command -v "python$version" || true)
  { [ -n "$python" ] && "$python" -c 'import venv, ensurepip' 2> /dev/null; } || python=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python 2> /dev/null | tail -n 1 || true)
  if [ -z "$python" ]; then missing="$missing $version"; continue; fi
  "$python" -m venv "$scratch/$version"
  "$scratch/$version/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
  HOME=$scratch/home-$version XDG_CACHE_HOME=$scratch/cache-$version tools/smoke.sh "$scratch/$version/bin/licgraph" "$scratch/said-$version"
  first=${first:-$version}
  diff -r "$scratch/said-$first" "$scratch/said-$version" > "$scratch/differs" || { echo "Python $first and $version say different things:" >&2; head -n 20 "$scratch/differs" >&2; exit 1; }
  if [ "${LICGRAPH_PYTHONS_TESTS:-}" = 1 ]; then
    "$python" -m venv "$scratch/tests-$version"
    "$scratch/tests-$version/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tools/requirements-dev.lock
    PYTHONPATH=$root/src "$scratch/tests-$version/bin/python" -m pytest -q -n auto -p no:cacheprovider $FAST
  fi
  found="$found $version"
done
[ -n "$found" ] || { echo "no Python from 3.10 on was found" >&2; exit 1; }

# nothing can be written but the folder of the answers: not where it is installed, nor home, nor a cache, nor byte code
mkdir "$scratch/home"
chmod -R a-w "$scratch/$first" "$scratch/home"
plain=() # root may write everywhere, unless it lays that right down
[ "$(id -u)" != 0 ] || plain=(setpriv --bounding-set=-all --inh-caps=-all --)
for place in "$scratch/$first" "$scratch/home"; do
  ! "${plain[@]}" touch "$place/written" 2> /dev/null || { echo "$place can be written: nothing was tried" >&2; exit 1; }
done
env -u XDG_CACHE_HOME HOME="$scratch/home" PYTHONDONTWRITEBYTECODE=1 "${plain[@]}" tools/smoke.sh "$scratch/$first/bin/licgraph" "$scratch/said-read-only"
diff -r "$scratch/said-$first" "$scratch/said-read-only" || { echo "a read-only installation says something else" >&2; exit 1; }
echo "the same bytes on Python$found${missing:+; not here:$missing}; a read-only installation says the same"
