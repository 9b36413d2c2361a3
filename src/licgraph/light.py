"""What starting would cost most, at less: each stands for what the standard library has under its name.

`typing.NamedTuple` looks at every annotation, and compiles it where it is a text; here they are taken as they are, at a third of the cost
of a class. `hashlib` loads the whole of OpenSSL; what it falls back on without is enough for a digest (`random` begins so too).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 14):  # where annotations are no longer in the namespace of a class
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Made(type):
        def __new__(cls, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            made = namedtuple(name, fields, defaults=[namespace[f] for f in fields if f in namespace], module=namespace["__module__"])
            for key, value in namespace.items():
                if key not in fields and key not in ("__module__", "__qualname__"):
                    setattr(made, key, value)
            made.__qualname__ = namespace["__qualname__"]
            return made

    NamedTuple = type.__new__(_Made, "NamedTuple", (), {})

if TYPE_CHECKING:
    from hashlib import sha256 as sha256
else:
    try:  # from 3.12 on
        from _sha2 import sha256 as _digest
    except ImportError:
        try:
            from _sha256 import sha256 as _digest
        except ImportError:  # an interpreter that is built to have OpenSSL's alone
            from hashlib import sha256 as _digest
    sha256 = _digest
