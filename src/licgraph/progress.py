"""One line that says how far a slow thing is: on standard error, on a terminal only, and only once a second has passed."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Timer

AFTER = 1.0
"""Seconds of silence; what is faster says nothing."""
WIDTH = 100


class Progress:
    """A line that replaces itself and is gone at the end: ``with Progress() as line: line.say("3 of 40 read")``."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.text = ""
        self._timer: Timer | None = None
        self._began = time.monotonic()
        self._written = False

    def say(self, text: str) -> None:
        """How far it is now; shown at once if the second has passed, else when it has."""
        if not self.terminal:
            return
        self.text = text
        if time.monotonic() - self._began >= AFTER:
            self._write()
        elif self._timer is None:
            import threading

            timer = threading.Timer(AFTER, self._late)  # one slow step alone says nothing in between
            timer.daemon = True
            self._timer = timer
            timer.start()

    def _late(self) -> None:
        if self._timer is not None:
            self._write()

    def _write(self) -> None:
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.text[:WIDTH])
        sys.stderr.write(f"\r\x1b[K{shown}")
        sys.stderr.flush()
        self._written = True

    def done(self) -> None:
        """Takes the line away."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._written = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.done()
