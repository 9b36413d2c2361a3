"""Shared by all tests: the knowledge base, and a stack from plain data."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_text
from licgraph.stack import Stack
from licgraph.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-22"


@pytest.fixture(scope="session")
def knowledge() -> base.Knowledge:
    """The knowledge base of this checkout."""
    return base.load()


def script(path: str) -> ModuleType:
    """A script of this checkout, such as ``tools/readme.py``, as a module; it may import those beside it."""
    file = ROOT / path
    name = f"script_{file.stem.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
    return module


def stack_of(data: dict[str, Any], knowledge: base.Knowledge) -> Stack:
    """A stack from the data of a case."""
    return from_text(yaml.safe_dump(data, sort_keys=False), "licgraph.yaml", knowledge)


def verdict_of(data: dict[str, Any], knowledge: base.Knowledge, **options: Any) -> Verdict:
    """The verdict on the data of a case."""
    return assess(stack_of(data, knowledge), knowledge, **{"as_of": AS_OF, **options})


def simple(relation: str, license_id: str | None, kind: str = "weights", **release: Any) -> dict[str, Any]:
    """Our thing made from one third-party component by one relation."""
    source = {"kind": kind} | ({"license": license_id} if license_id else {})
    return {"licgraph": 1, "components": {"base": source, "ours": {"kind": release.pop("made", "weights"), "from": {relation: "base"}}}, "release": {"component": "ours", **release}}
