"""Files that try to cost more than they may: as large, deep, wide or repetitive as their form allows, and a little beyond.

Each is made when it is needed, and given to the command in a process of its own, whose memory and time are measured.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

MEMORY_MB, SECONDS = 500, 10.0
_CDX = b'{"bomFormat":"CycloneDX","specVersion":"1.6",'
_XML = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
_SPDX = b"SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\n"
_MERGE = b"merge_method: slerp\nbase_model: a/b\n"
_STACK = b"licgraph: 1\ncomponents:\n"
_CARD = b"---\nlicense: mit\n---\n"


def _each(form: bytes, count: int, start: int = 0, between: bytes = b"") -> bytes:
    return between.join(form.replace(b"%d", b"%d" % i).replace(b"%p", b"%d" % (i - 1)) for i in range(start, start + count))


def _safetensors(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header


def _gguf(body: bytes, pairs: int = 1, tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + body


def _text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def _laughs() -> bytes:
    entities = _each(b'<!ENTITY e%d "&e%p;&e%p;&e%p;&e%p;&e%p;&e%p;&e%p;&e%p;">', 11, 1)
    return b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY e0 "aaaaaaaaaa">' + entities + b"]>" + _XML + b"<components><component><name>&e11;</name></component></components></bom>"


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "stack: larger than is read": ("a.yaml", lambda: _STACK + b"#" * 8_000_000),
    "stack: a chain of 5,000": ("a.yaml", lambda: _STACK + b"  c0: {kind: weights, license: MIT}\n" + _each(b"  c%d: {kind: weights, license: MIT, from: {finetune: c%p}}\n", 4_999, 1) + b"release: {component: c4999, license: MIT}\n"),
    "stack: one model of 15,000 data sets": ("a.yaml", lambda: _STACK + _each(b"  c%d: {kind: dataset, license: CC-BY-4.0}\n", 15_000) + b"  out: {kind: weights, from: {trained-on: [" + _each(b"c%d", 15_000, 0, b", ") + b"]}}\nrelease: {component: out, license: MIT}\n"),
    "stack: a choice of 12,000 licences": ("a.yaml", lambda: _STACK + b"  a: {kind: weights, license: " + b" OR ".join([b"MIT", b"ISC"] * 6_000) + b"}\nrelease: {component: a, license: MIT}\n"),
    "stack: choices that multiply": ("a.yaml", lambda: _STACK + b"  a: {kind: weights, license: " + b" AND ".join([b"(MIT OR Apache-2.0 OR GPL-3.0-only)"] * 400) + b"}\n  b: {kind: weights, from: {finetune: a}}\nrelease: {component: b, license: MIT}\n"),
    "stack: brackets": ("a.yaml", lambda: _STACK + b"  a: {kind: weights, license: '" + b"MIT OR (" * 5_000 + b"ISC" + b")" * 5_000 + b"'}\nrelease: {component: a, license: MIT}\n"),
    "stack: 200,000 faults": ("a.yaml", lambda: _STACK + _each(b"  c%d: {colour: red}\n", 200_000)),
    "yaml: aliases of aliases": ("m.yml", lambda: _MERGE + b"a0: &a0 [x,x,x,x,x,x,x,x]\n" + _each(b"a%d: &a%d [*a%p,*a%p,*a%p,*a%p,*a%p,*a%p,*a%p,*a%p]\n", 12, 1) + b"models: *a12\n"),
    "yaml: merge keys": ("m.yml", lambda: _MERGE + b"a: &a {" + _each(b"k%d: v", 5_000, 0, b", ") + b"}\nmodels:\n" + b"  - <<: *a\n" * 5_000),
    "yaml: an anchor on every value": ("m.yml", lambda: _MERGE + b"models:\n" + _each(b"- &a%d x\n", 500_000)),
    "yaml: values without end": ("m.yml", lambda: _MERGE + b"models: [" + b"[]," * 2_600_000 + b"]\n"),
    "yaml: one long word": ("m.yml", lambda: _MERGE + b"models: ['" + b"a" * 7_900_000 + b"']\n"),
    "yaml: depth in brackets": ("m.yml", lambda: _MERGE + b"models: " + b"[" * 3_900_000),
    "yaml: depth in blanks": ("m.yml", lambda: _MERGE + b"models:\n" + b"".join(b" " * i + b"-\n" for i in range(3_500))),
    "yaml: only line breaks": ("m.yml", lambda: b"\n" * 7_900_000),
    "json: depth": ("bom.cdx.json", lambda: _CDX + b'"a":' + b"[" * 4_000_000),
    "json: empty values": ("bom.cdx.json", lambda: _CDX + b'"components":[' + b",".join([b"{}"] * 2_600_000) + b"]}"),
    "json: 15,000 components": ("bom.cdx.json", lambda: json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "machine-learning-model", "name": "m", "bom-ref": "m"}}, "components": [{"type": "data", "name": f"d{i}", "bom-ref": f"d{i}", "licenses": [{"license": {"id": "MIT"}}]} for i in range(15_000)], "dependencies": [{"ref": "m", "dependsOn": [f"d{i}" for i in range(15_000)]}]}).encode()),
    "json: one number of 7 MB": ("bom.cdx.json", lambda: _CDX + b'"version":' + b"9" * 7_000_000 + b"}"),
    "json: many long numbers": ("bom.cdx.json", lambda: _CDX + b'"components":[' + b",".join([b"9" * 4_200] * 1_800) + b"]}"),
    "json: infinities": ("bom.cdx.json", lambda: _CDX + b'"components":[' + b",".join([b"1e999"] * 1_000_000) + b"]}"),
    "json: blanks": ("x.json", lambda: b"{" + b" " * 7_900_000),
    "xml: a billion laughs": ("bom.xml", _laughs),
    "xml: a file from outside": ("bom.xml", lambda: b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + _XML + b"<components><component><name>&a;</name></component></components></bom>"),
    "xml: depth": ("bom.xml", lambda: _XML + b"<a>" * 2_600_000),
    "xml: elements": ("bom.xml", lambda: _XML + b"<components>" + b"<a/>" * 1_900_000 + b"</components></bom>"),
    "xml: attributes": ("bom.xml", lambda: _XML + b"<a " + _each(b'a%d=""', 500_000, 0, b" ") + b"/></bom>"),
    "spdx 2: open texts": ("bom.spdx", lambda: _SPDX + b"A: <text>\n" * 780_000),
    "spdx 2: 100,000 packages": ("bom.spdx", lambda: _SPDX + _each(b"PackageName: p%d\nSPDXID: SPDXRef-%d\n", 100_000)),
    "spdx 2: 15,000 in a chain": ("bom.spdx.json", lambda: json.dumps({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": [{"SPDXID": f"SPDXRef-{i}", "name": f"p{i}", "licenseDeclared": "MIT"} for i in range(15_000)], "relationships": [{"spdxElementId": f"SPDXRef-{i}", "relatedSpdxElement": f"SPDXRef-{i + 1}", "relationshipType": "DEPENDS_ON"} for i in range(14_999)]}).encode()),
    "spdx 3: 30,000 elements": ("b.json", lambda: json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{"type": "ai_AIPackage", "spdxId": f"u:{i}", "name": "m"} for i in range(30_000)]}).encode()),
    "card: comments": ("README.md", lambda: b"<!--x-->" * 900_000),
    "card: open comments": ("README.md", lambda: b"<!--" * 1_900_000),
    "card: front matter without end": ("README.md", lambda: b"---\nlicense: mit\n" + b" " * 7_900_000),
    "card: only marks": ("README.md", lambda: b"---\n" * 1_900_000),
    "card: open code": ("README.md", lambda: _CARD + b"```yaml\n" * 900_000),
    "card: configurations": ("README.md", lambda: _CARD + b"```yaml\nmerge_method: slerp\nmodels: [a/b]\n```\n" * 100_000),
    "card: a table": ("README.md", lambda: _CARD + b"| license | " * 700_000),
    "card: prose": ("README.md", lambda: _CARD + b"license " * 900_000),
    "card: 20,000 bases": ("README.md", lambda: b"---\nlicense: mit\nbase_model:\n" + _each(b"- o/m%d\n", 20_000) + b"---\n"),
    "card: a long licence": ("README.md", lambda: b"---\nlicense: " + b"a" * 7_900_000 + b"\n---\n"),
    "card: 500,000 licences": ("README.md", lambda: b"---\nlicense: [" + b",".join([b"mit"] * 490_000) + b"]\n---\n"),
    "card: in UTF-16": ("README.md", lambda: b"\xff\xfe" + ("---\nlicense: mit\n---\n" + "a" * 3_900_000).encode("utf-16-le")),
    "card: zeros": ("README.md", lambda: b"\0" * 7_900_000),
    "licence text: one sentence": ("LICENSE", lambda: b"permission is hereby granted " * 270_000),
    "licence text: one word": ("LICENSE", lambda: b"a" * 7_900_000),
    "licence text: copyright lines": ("LICENSE", lambda: b"Copyright (c) 2020 x\n" * 370_000),
    "modelfile: instructions": ("Modelfile", lambda: b"FROM a\n" * 1_100_000),
    "modelfile: open quotes": ("Modelfile", lambda: b'FROM a\nLICENSE """' + b'" ' * 3_900_000),
    "modelfile: licences": ("Modelfile", lambda: b"FROM a\n" + b'LICENSE """MIT License"""\n' * 250_000),
    "safetensors: a length that lies": ("m.safetensors", lambda: struct.pack("<Q", 99_000_000) + b'{"'),
    "safetensors: the longest header": ("m.safetensors", lambda: _safetensors(b'{"__metadata__":{"a":"' + b"x" * 99_000_000 + b'"}}')),
    "safetensors: tensors": ("m.safetensors", lambda: _safetensors(b'{"__metadata__":{"format":"pt"},' + _each(b'"t%d":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}', 800_000, 0, b",") + b"}")),
    "safetensors: metadata": ("m.safetensors", lambda: _safetensors(b'{"__metadata__":{' + _each(b'"k%d":"v"', 2_000_000, 0, b",") + b"}}")),
    "safetensors: depth": ("m.safetensors", lambda: _safetensors(b'{"__metadata__":' + b"[" * 20_000_000)),
    "gguf: a count that lies": ("m.gguf", lambda: _gguf(b"", 2**62)),
    "gguf: tensors that are not there": ("m.gguf", lambda: _gguf(b"", 0, 2**62)),
    "gguf: a length that lies": ("m.gguf", lambda: _gguf(struct.pack("<Q", 2**62))),
    "gguf: a list that lies": ("m.gguf", lambda: _gguf(_text(b"a") + struct.pack("<IIQ", 9, 8, 2**61))),
    "gguf: lists in lists": ("m.gguf", lambda: _gguf(_text(b"a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 300_000)),
    "gguf: empty texts": ("m.gguf", lambda: _gguf(_text(b"a") + struct.pack("<IIQ", 9, 8, 4_000_000) + b"\0" * 32_000_000)),
    "gguf: keys": ("m.gguf", lambda: _gguf(b"".join(_text(b"k%d" % i) + struct.pack("<II", 4, 1) for i in range(1_000_000)), 1_000_000)),
    "dpi: 40,000 data sets": ("d.json", lambda: json.dumps({f"x{i}": {"Unique Dataset Identifier": f"x{i}", "Dataset Name": "X", "Licenses": [{"License": "MIT"}], "Collection": "c"} for i in range(40_000)}).encode()),
    "mteb: 40,000 models": ("d.json", lambda: json.dumps([{"name": f"org/m{i}", "license": "mit", "adapted_from": "org/b", "training_datasets": ["A"]} for i in range(40_000)]).encode()),
    "kitfile: 40,000 data sets": ("Kitfile", lambda: b"manifestVersion: 1.0.0\nmodel: {name: m, path: x}\ndatasets:\n" + _each(b"- {name: d%d, path: x, license: MIT}\n", 40_000)),
    "axolotl: 40,000 data sets": ("c.yml", lambda: b"base_model: a/b\ndatasets:\n" + _each(b"- {path: o/d%d, type: alpaca}\n", 40_000) + b"output_dir: o\n"),
    "citation: licences": ("CITATION.cff", lambda: b"cff-version: 1.2.0\ntitle: x\nlicense:\n" + b"- MIT\n" * 400_000),
}  # fmt: skip
"""By name: how the file is called, and what it holds."""


class Cost(NamedTuple):
    """What a run came to. ``seconds``: of the processor, so that a busy machine does not count."""

    exit: int
    seconds: float
    megabytes: int
    stdout: str
    stderr: str


def cost(arguments: list[str], folder: Path, **environment: str) -> Cost:
    """Runs the command in a folder, no longer than a minute and with two gigabytes at most."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    with (folder / ".out").open("w+b") as out, (folder / ".err").open("w+b") as err:
        running = subprocess.Popen([sys.executable, "-m", "licgraph", *arguments], cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env={**os.environ, **environment}, preexec_fn=bounded)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        texts = [(f.seek(0), f.read().decode("utf-8", "replace"))[1] for f in (out, err)]
    return Cost(running.returncode, round(used.ru_utime + used.ru_stime, 2), round(used.ru_maxrss / 1024), *texts)


def measured(folder: Path, commands: Sequence[str]) -> Iterator[tuple[str, str, Cost]]:
    """Each hostile file, given to these commands."""
    for name, (file, content) in HOSTILE.items():
        (folder / file).write_bytes(content())
        for command in commands:
            yield name, command, cost([command, file], folder)
        (folder / file).unlink()


def main() -> int:
    """Measures all of them, and writes what they cost."""
    import tempfile
    from datetime import date

    commands = sys.argv[1:] or ["check", "import"]
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, command, one in measured(Path(scratch), commands):
            found.setdefault(name, {})[command] = {"exit": one.exit, "mb": one.megabytes, "seconds": one.seconds}
            flag = "" if one.seconds <= SECONDS and one.megabytes <= MEMORY_MB and one.exit in (0, 1, 2, 3) else "  too much"
            print(f"{name:<40} {command:<7} exit {one.exit}  {one.seconds:>6.2f} s  {one.megabytes:>4} MB{flag}", flush=True)
    rows = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(costs)}" for name, costs in sorted(found.items()))
    every = [c for costs in found.values() for c in costs.values()]
    head = {"command": " ".join(["python -m tests.hostile", *commands]), "date": date.today().isoformat(), "limits": {"mb": MEMORY_MB, "seconds": SECONDS}, "most": {"mb": max(c["mb"] for c in every), "seconds": max(c["seconds"] for c in every)}}
    file = Path(__file__).resolve().parent.parent / "docs" / "trust" / "hostile.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{\n" + "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items()) + f' "files": {{\n  {rows}\n }}\n}}\n', "utf-8")
    print(f"{len(found)} files; at most {head['most']['seconds']} s of the processor and {head['most']['mb']} MB")
    return 0


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(status)
