#!/usr/bin/env python3
"""Checks licence files against their texts and writes the receipts and the fingerprints.

    python tools/check_texts.py [ID ...]      (texts: the folder in LICGRAPH_TEXTS)

Without ids: all files. Prints every fault; exit 1 if there is one. A receipt (data/receipts.tsv) holds, for
each file that passed, the hash of the file and the hash of the text it was checked against; the fingerprints
(data/fingerprints.tsv) are what `licgraph licenses identify` compares a text with.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph.errors import KnowledgeError  # noqa: E402
from licgraph.fingerprints import of_file, to_row  # noqa: E402
from licgraph.sources import read_license_file  # noqa: E402
from licgraph.texts import check, sha256  # noqa: E402


def write(file: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    temporary = file.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def main() -> int:
    texts = os.environ.get("LICGRAPH_TEXTS")
    if not texts:
        print("LICGRAPH_TEXTS is not set: name the folder that holds the licence texts", file=sys.stderr)
        return 2
    ids = sys.argv[1:]
    receipts_file = ROOT / "data" / "receipts.tsv"
    files = sorted((ROOT / "data" / "licenses").glob("*.yaml"))
    receipts = {}
    wrong = []
    prints = []
    for file in files:
        if ids and file.stem not in ids:
            continue
        try:
            found = read_license_file(file)
        except KnowledgeError as problem:
            wrong.append(str(problem))
            continue
        faults = check(found, Path(texts))
        wrong += faults
        if not faults:
            receipts[file.stem] = (sha256(file.read_bytes()), found["text"]["sha256"])
            text = Path(texts) / f"{found['text'].get('file', file.stem)}.txt"
            if "file" not in found["text"]:  # files read from another's text share its fingerprint
                prints += map(to_row, of_file(found, text.read_text("utf-8", "replace")))
    print("\n".join(wrong) or f"{len(receipts)} files agree with their texts")
    if not ids:
        lines = [f"{name}\t{digest}\t{of_text}\n" for name, (digest, of_text) in sorted(receipts.items())]
        write(receipts_file, "id\tsha256 of the file\tsha256 of the text\n" + "".join(lines))
        write(ROOT / "data" / "fingerprints.tsv", "id\ttitle\tsegments\tsections\tchunks\n" + "".join(f"{p}\n" for p in prints))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
