#!/usr/bin/env python3
"""licgraph's own stack: `python tools/own_stack.py` writes release/licgraph.yaml anew from what is installed; `--check` compares.

A component for each package that the wheel imports, directly or through another one, on any Python that is supported and
with every extra; its licence is what the package's metadata states, else what its licence file is. One that is needed on
another Python only keeps what the file says. Exit 1: the file differs, or a licence is neither stated nor recognised.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import yaml  # noqa: E402

from licgraph import fingerprints, names  # noqa: E402
from licgraph import knowledge as base  # noqa: E402
from licgraph.errors import LicgraphError  # noqa: E402
from licgraph.expression import Unsettled, leaves, parse, render  # noqa: E402
from licgraph.index import data_folder  # noqa: E402
from licgraph.knowledge import Knowledge  # noqa: E402
from licgraph.texts import sha256  # noqa: E402

FILE = ROOT / "release" / "licgraph.yaml"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
VENDOR = ROOT / "src" / "licgraph" / "reports" / "page" / "vendor"
CONCLUDED = {
    "contourpy": ("BSD-3-Clause", "LICENSE", "34170979fc64f4f5e6dfa66ef27dec314ffffc5852000c60f4836ec1dfbf156e"),
    "cycler": ("BSD-3-Clause", "LICENSE", "f1218143d766da3fea66f13396b7f15df46a83303f29bf96ba6e98eb4d42f408"),
    "isodate": ("BSD-3-Clause", "LICENSE", "ce5fe4893fb6ab843de77b367bfa9db974d7b00ab9033fcca8d7760a97fe1b43"),
    "jinja2": ("BSD-3-Clause", "LICENSE.txt", "3b49dcee4105eb37bac10faf1be260408fe85d252b8e9df2e0979fc1e094437b"),
    "kiwisolver": ("BSD-3-Clause", "LICENSE", "529c40e5f67f2f88904657a9f7879ae2f8dc76bc9bfef9cb10d988b48804ed61"),
    "matplotlib": ("PSF-2.0", "LICENSE", "822e8e528147569a41975592aee19c11992ab667ba50451cd929031d5fc74491"),  # its eight sections, with other names in them
    "networkx": ("BSD-3-Clause", "LICENSE.txt", "5b433b90f755eb9bbd06feff1d1a4f5f232c5208a185694199e45fa95d762792"),
    "ply": ("BSD-3-Clause", "lex.py", "6da6d12129c801fcc7a3b5aa2d8176a86092687d1bb4cf1ddf3b601da2b7480d"),
    "py4j": ("BSD-3-Clause", "LICENSE.txt", "feb854f6f5ea37a9fe5f2f848f46eefe0fd253f6b16e8671d57b42f5ee1f928e"),
    "semantic-version": ("BSD-2-Clause", "LICENSE", "a85e7ef2fbc670d26781ed6844cd31a7e8ada65d21328f75a0b02402faae37ea"),
}
"""Packages whose metadata name a family of licences only: what the text in a file of theirs is, and the file's sha256."""
HEAD = """\
# licgraph's own stack: what the wheel contains and what it imports. Written by tools/own_stack.py, which CI runs with --check.
licgraph: 1
"""


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name: str, extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """What an installed package needs on any supported Python, with these extras."""
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        asked = [{"extra": e, "python_version": v, "python_full_version": f"{v}.0"} for e in ("", *extras) for v in PYTHONS]
        if requirement.marker is None or any(requirement.marker.evaluate(environment) for environment in asked):
            yield requirement


def closure() -> dict[str, set[str]]:
    """Every package that licgraph needs, with the packages that ask for it."""
    found: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [("licgraph", frozenset(metadata.metadata("licgraph").get_all("Provides-Extra") or ()))]
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            wanted = list(needed(name, extras))
        except metadata.PackageNotFoundError:
            continue
        for requirement in wanted:
            found.setdefault(canonical(requirement.name), set()).add(name)
            todo.append((canonical(requirement.name), frozenset(requirement.extras)))
    found.pop("licgraph", None)
    return dict(sorted(found.items()))


def licence(name: str, knowledge: Knowledge) -> tuple[str, str] | None:
    """The licence of an installed package as an expression, and where it stands; None where nothing says it."""
    found = metadata.distribution(name)
    stated = [(found.metadata[key], f"metadata, {key}") for key in ("License-Expression", "License") if found.metadata.get_all(key)]
    stated += [(c.rpartition("::")[2].strip(), "metadata, classifier") for c in found.metadata.get_all("Classifier") or () if c.startswith("License ::")]
    for said, where in stated:
        expression = read(said, knowledge)
        if expression:
            return expression, where
    concluded, named, digest = CONCLUDED.get(canonical(name), ("", "", ""))
    for file in found.files or ():
        if file.name == named and sha256(file.locate().read_bytes()) == digest:
            return concluded, f"the text in its {named}"
        if re.match(r"(?i)(licen[cs]e|copying)", file.name) and file.locate().is_file():
            exact = {m.id for m in fingerprints.identify(file.locate().read_text("utf-8"), fingerprints.load(data_folder())) if m.exact}
            if len(exact) == 1:
                return exact.pop(), f"the text of its {file.name}"
    return None


def read(said: str, knowledge: Knowledge) -> str:
    """What a package says of its licence, as ids; nothing where that is not one licence."""
    try:
        tree = parse(said, knowledge)
        ids = [part for leaf in leaves(tree) for part in leaf.id.split(" WITH ")]
        if not isinstance(tree, Unsettled) and all(i in knowledge.license_ids or i in knowledge.exception_ids or knowledge.spdx_name(i) for i in ids):
            return render(tree)
    except (LicgraphError, ValueError):
        pass
    guess = names.guess(said, knowledge)
    return guess.ids[0] if guess.kind == "resolved" else ""


def stack(kept: Mapping[str, Any], knowledge: Knowledge) -> tuple[dict[str, Any], list[str]]:
    """The stack file as data, and what no source says. ``kept``: the components that the file has now."""
    components: dict[str, Any] = {}
    faults: list[str] = []
    for file in sorted(VENDOR.glob("*.js")):
        name = file.name.partition(".")[0]
        head = re.match(r"\s*/\*(.*?)\*/", file.read_text("utf-8"), re.DOTALL)
        text = re.sub(r"(?m)^\s*\*? ?", "", head.group(1)) if head else ""
        exact = [m.id for m in fingerprints.identify(text.replace("@license", ""), fingerprints.load(data_folder())) if m.exact]
        if not exact:
            faults.append(f"{file.name}: its first comment is no licence text that is known")
        components[name] = {"kind": "code", "license": " AND ".join(exact) or "NOASSERTION", "evidence": f"{file.relative_to(ROOT).as_posix()}:1"}
    vendored = list(components)
    packages = closure()
    for name, users in packages.items():
        try:
            found = licence(name, knowledge)
        except metadata.PackageNotFoundError:
            found = (kept[name]["license"], kept[name]["evidence"]) if name in kept else None
        if found is None:
            faults.append(f"{name} (needed by {', '.join(sorted(users))}): neither its metadata nor a licence file names one licence")
        components[name] = {"kind": "code", "license": found[0] if found else "NOASSERTION", "source": f"pkg:pypi/{name}", "evidence": found[1] if found else "nothing"}
    components["licgraph"] = {"kind": "code", "name": "licgraph", "ours": True, "from": {"contains": vendored, "links-dynamic": list(packages)}}
    return {"components": components, "release": {"component": "licgraph", "license": metadata.metadata("licgraph")["License-Expression"], "form": "source", "use": "any"}}, faults


def written(data: Mapping[str, Any]) -> str:
    """The file: one line for each component."""
    flow = lambda value: yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6).strip()  # noqa: E731
    lines = [f"  {name}: {flow(part)}" for name, part in data["components"].items()]
    return HEAD + "\n".join(["components:", *lines, f"release: {flow(data['release'])}"]) + "\n"


def main(arguments: list[str]) -> int:
    """Writes or compares; the exit code as above."""
    knowledge = base.load()
    now = FILE.read_text("utf-8") if FILE.is_file() else ""
    kept = (yaml.safe_load(now) or {}).get("components", {})
    data, faults = stack(kept, knowledge)
    for fault in faults:
        print(fault, file=sys.stderr)
    if arguments != ["--check"]:
        FILE.write_text(written(data), encoding="utf-8")
        return 1 if faults else 0
    terms = [{name: (part.get("license"), part.get("from")) for name, part in parts.items()} for parts in (kept, data["components"])]
    for name in sorted({*kept, *data["components"]}):
        if terms[0].get(name) != terms[1].get(name):
            faults.append(name)
            print(f"{name}: {FILE.name} says {kept.get(name, 'nothing')}, what is installed says {data['components'].get(name, 'that it is not needed')}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
