#!/usr/bin/env bash
# What an installed licgraph has to do wherever it is installed: `tools/smoke.sh LICGRAPH OUT` runs the main job and each kind of
# command and writes all that they say into OUT, the same bytes on every Python, machine and day.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
licgraph=$1
mkdir -p "$2"
cd "$2"
export SOURCE_DATE_EPOCH=1795305600 COLUMNS=100 LC_ALL=C.UTF-8 # 2026-11-22
ended() { # ended CODE FILE COMMAND…: it has to end so; what it says goes into FILE
  local wanted=$1 file=$2 code=0
  shift 2
  "$licgraph" "$@" > "$file" 2> "$file.said" || code=$?
  [ "$code" -eq "$wanted" ] || { echo "licgraph $* ended with $code, not $wanted:" >&2; cat "$file.said" >&2; exit 1; }
}
mkdir -p in/model in/texts
cp "$root"/examples/*.yaml "$root"/examples/openness/olmo-2.yaml in/
cp "$root/LICENSE" in/texts/
printf -- '---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\n---\n' > in/model/README.md
for format in text json markdown github gitlab sarif junit mermaid dot html; do # the main job: the answer that the README shows
  ended 1 "answer.$format" check in/r1-distill-llama-70b.yaml --format "$format"
done
grep -q '"answer": "no"' answer.json
ended 1 card.txt check in/model # a card alone, offline
grep -q '1.b.i (model-name)' card.txt
ended 1 explained.txt explain in/r1-distill-llama-70b.yaml 1
ended 0 repairs.txt repair in/model
ended 1 matrix.txt outbound in/r1-distill-llama-70b.yaml --matrix
ended 0 identified.txt licenses identify in/texts/LICENSE
ended 0 shown.txt show llama3.1
ended 0 openness.txt openness in/olmo-2.yaml
ended 3 difference.txt diff in/r1-distill-llama-70b.yaml in/r1-distill-qwen-32b.yaml
ended 0 imported.txt import in/model -o imported.yaml
ended 1 imported.check check imported.yaml
for format in cyclonedx-1.6 cyclonedx-1.7 spdx-2.3 spdx-3.0.1 card; do
  ended 0 "bom.$format" export in/mistral-small-finetune.yaml -f "$format"
done
ended 0 bom.check check bom.spdx-3.0.1
ended 0 notice.txt notice in/mistral-small-finetune.yaml -o files --texts in/texts
ended 0 notice.check notice in/mistral-small-finetune.yaml --check files
ended 0 locked.txt check in/mistral-small-finetune.yaml --lock licgraph.lock
ended 0 locked.check check in/mistral-small-finetune.yaml --locked licgraph.lock
