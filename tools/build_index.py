"""Build hook: compiles the knowledge base into the index that the wheel carries."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds licgraph/data/index.jsonl to a standard wheel; an editable install reads the YAML itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            build_data["force_include_editable"] = {}
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from licgraph.index import to_bytes
        from licgraph.sources import compile_index

        self.folder = tempfile.TemporaryDirectory()
        index = Path(self.folder.name) / "index.jsonl"
        index.write_bytes(to_bytes(compile_index(root / "data")))
        build_data["force_include"][str(index)] = "licgraph/data/index.jsonl"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the index again; the wheel has it."""
        if version != "editable":
            self.folder.cleanup()
