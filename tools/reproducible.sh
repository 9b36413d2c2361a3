#!/usr/bin/env bash
# Builds the wheel twice, in other folders, at another time, with another hash seed, umask, locale and time zone: the bytes must
# be the same. `tools/reproducible.sh OUT` leaves it in OUT and prints its sha256. SOURCE_DATE_EPOCH: by default that of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?a folder for the wheel}
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=$PWD/.venv/bin/python
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tracked() { git ls-files -z | xargs -0 tar cf - | tar xf - "$@"; } # the files of the commit, as they stand here
mkdir "$scratch/one" "$scratch/an other"
mkdir "$scratch/temporary" "$scratch/temporary 2"
(umask 022 && tracked -C "$scratch/one" && cd "$scratch/one" && TMPDIR=$scratch/temporary PYTHONHASHSEED=1 LC_ALL=C TZ=UTC "$python" -m build --quiet --wheel --no-isolation --outdir "$scratch/first" .)
sleep 2 # the times in a zip have steps of two seconds
(umask 077 && tracked --touch --no-same-permissions -C "$scratch/an other" && cd "$scratch/an other" && TMPDIR="$scratch/temporary 2" PYTHONHASHSEED=4242 LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$python" -m build --quiet --wheel --no-isolation --outdir "$scratch/second" .)
cmp "$scratch"/first/*.whl "$scratch"/second/*.whl || { echo "two builds of one commit differ" >&2; exit 1; }
[ -z "$(ls -A "$scratch/temporary" "$scratch/temporary 2" | grep -v ':$' || true)" ] || { echo "the build left files in the temporary folder" >&2; exit 1; }
cp "$scratch"/first/*.whl "$out/"
(cd "$out" && sha256sum -- *.whl)
