"""licgraph: what a model stack may be released as, and under which terms, derived clause by clause.

The public surface is what stands in `__all__`; it is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from licgraph.api import Assessment, assess
    from licgraph.errors import Fault, KnowledgeError, LicgraphError, StackError

__version__ = "0.1.0"
__all__ = ["Assessment", "Fault", "KnowledgeError", "LicgraphError", "StackError", "__version__", "assess"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("licgraph.errors" if name in ("Fault", "KnowledgeError", "LicgraphError", "StackError") else "licgraph.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
