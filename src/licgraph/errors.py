"""What can go wrong before anything is decided: where it stands, what is wrong, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SECRETS = (
    r"""(https?://|ftp://)[^\s/?#@"'<>,{}\[\]]*@"""
    r"""|(?<=[?&;])[\w-]{0,40}(?:token|secret|signature|password|credential|api[_-]?key|\bsig)[\w-]{0,40}=[^\s&;#"'<>,{}\[\]]+"""
    r"""|\bhf_[A-Za-z0-9]{20,}"""
)


def without_secrets(text: str) -> str:
    """Text without what opens doors: user name and password of an address, keys in its query, tokens of the Hub."""
    return re.sub(_SECRETS, lambda m: m.group(1) or "", text, flags=re.IGNORECASE) if "://" in text or "hf_" in text else text


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one file.

    ``line`` counts from 1, 0 when the fault has no line (a missing file);
    ``key`` is the path of keys that leads there (``components.tuned.from``), empty at the top.
    """

    file: str
    line: int
    key: str
    what: str
    cure: str

    def __post_init__(self) -> None:
        for name in ("file", "key", "what", "cure"):  # they quote what was read, which may be anything
            text = getattr(self, name)
            plain = without_secrets(" ".join(text.splitlines()) if not text.isprintable() else text)
            if plain != text:
                object.__setattr__(self, name, plain)

    def __lt__(self, other: Fault) -> bool:
        return (self.file, self.line, self.key, self.what, self.cure) < (other.file, other.line, other.key, other.what, other.cure)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        at = f" {self.key}:" if self.key else ""
        return f"{place}:{at} {self.what}. {self.cure}"


class LicgraphError(Exception):
    """Base of all errors licgraph raises on purpose; holds every fault found, in file order."""

    def __init__(self, faults: Sequence[Fault] | Fault) -> None:
        found = (faults,) if isinstance(faults, Fault) else tuple(faults)
        self.faults = tuple(sorted(set(found)))
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[LicgraphError], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)  # from one process to another


class StackError(LicgraphError):
    """The stack, or what was asked of it, cannot be understood; nothing was decided."""


class KnowledgeError(LicgraphError):
    """A file of the knowledge base is missing or wrong; nothing was decided."""
