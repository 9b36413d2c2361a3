"""Small files from the Hub, one GET at a time, through the session of `huggingface_hub`: bounded in bytes, hops and time.

Redirects are followed by hand: the token goes to the host of HF_ENDPOINT and to no other, and a redirect leads to
that host, to a host of the Hub, or nowhere. Sources: the Hub's API documentation (error codes, rate limits, the
listing of a repository's files) and the public functions of `huggingface_hub` 0.30 to 2.x.
"""

from __future__ import annotations

import ipaddress
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from licgraph import __version__
from licgraph.inputs.loose import data_of, refuse
from licgraph.light import NamedTuple

MAX_HOPS = 5
ATTEMPTS = 4
MAX_PAGES = 20
_REDIRECTS = (301, 302, 303, 307, 308)
_AGAIN = (408, 429, 500, 502, 503, 504)
_HUB_HOSTS = ("huggingface.co", "hf.co")
_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::([0-9]{1,5}))?((?:/[!-~]*)?)", re.IGNORECASE)
_PRIVATE_NAME = re.compile(r"(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|arpa)$|^[^.]*$|(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)$")
_NONE = "no answer"
_TRUE = ("1", "on", "yes", "true")


class Limits(NamedTuple):
    """What reading a repository and everything it is made from may cost."""

    repositories: int = 200
    depth: int = 32
    card_bytes: int = 1_000_000
    text_bytes: int = 200_000
    info_bytes: int = 8_000_000
    seconds: float = 600.0
    read_seconds: float = 15.0
    """Longest silence of the server within one answer."""
    answer_seconds: float = 60.0
    fresh: float = 3600.0
    """How long what a branch pointed to is taken from the cache without asking again, in seconds."""
    workers: int = 6


class Address(NamedTuple):
    """An http address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What decides whether two addresses are one server."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{self.host}{'' if self.port == usual else f':{self.port}'}{self.path}"


class Answer(NamedTuple):
    """What came back. ``status`` 0: nothing did, and ``problem`` says why; ``cut``: there was more than asked for."""

    status: int
    body: bytes = b""
    cut: bool = False
    headers: Mapping[str, str] = MappingProxyType({})
    problem: str = ""

    @property
    def error(self) -> str:
        """The Hub's own code for what is wrong (`GatedRepo`, `RepoNotFound`, …)."""
        return self.headers.get("x-error-code", "")


def address(url: str) -> Address | None:
    """An http address without user name, password or odd characters; None for anything else."""
    found = _URL.fullmatch(url.partition("#")[0])
    if found is None or "\\" in url:
        return None
    scheme, host = found.group(1).lower(), found.group(2).lower().rstrip(".")
    return Address(scheme, host, int(found.group(3) or {"https": 443, "http": 80}[scheme]), found.group(4))


def is_private(host: str) -> bool:
    """Whether a host is an address or a name that is not on the public internet; numbers in odd spellings count as such."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return _PRIVATE_NAME.search(host) is not None


def joined(base: Address, location: str) -> Address | None:
    """Where a `Location` leads; None when it is no plain http address."""
    if location.startswith("//"):
        return address(f"{base.scheme}:{location}")
    if location.startswith("/"):
        return address(str(base._replace(path="")) + location)
    return address(location)


def refused(target: Address | None, endpoint: Address) -> str:
    """Why a redirect is not followed; empty if it is."""
    if target is None:
        return "a redirect to something that is no plain http address"
    if target.origin == endpoint.origin:
        return ""
    if is_private(target.host):
        inside = is_private(endpoint.host) and target.scheme in ("https", endpoint.scheme)
        return "" if inside else "a redirect to a private address"
    if target.scheme != "https":
        return "a redirect to another scheme"
    known = (*_HUB_HOSTS, *(() if is_private(endpoint.host) else (endpoint.host,)))
    return "" if any(target.host == k or target.host.endswith(f".{k}") for k in known) else f"a redirect to {target.host[:80]}, which is no host of the Hub"


def hub() -> Any:
    """The `huggingface_hub` package. Raises StackError when it is not installed."""
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.utils
    except ImportError:
        raise refuse("hf:", 0, "reading from the Hub needs an extra that is not installed", "Install it: pip install 'licgraph[hub]'") from None
    return huggingface_hub


def is_offline() -> bool:
    """Whether the user, or the client, forbids the network."""
    wanted = any(os.environ.get(n, "").casefold() in _TRUE for n in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return wanted or bool(hub().constants.HF_HUB_OFFLINE)


def endpoint() -> Address:
    """HF_ENDPOINT as it is now, else the client's. Raises StackError when it is no plain http address."""
    written = (os.environ.get("HF_ENDPOINT") or str(hub().constants.ENDPOINT)).rstrip("/")
    found = address(written)
    if found is None:
        raise refuse("HF_ENDPOINT", 0, "this is no plain http(s) address (a user name or password in it is not supported)", "Set it like https://huggingface.co, and HF_TOKEN for access")
    return found


def token() -> str:
    """The user's token; empty if there is none or it may not be sent unasked. Raises StackError if the client cannot get it."""
    if os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").casefold() in _TRUE:
        return ""
    try:
        return hub().get_token() or ""
    except Exception as problem:  # the client may exchange or refresh it over the network; its words could quote it
        raise refuse("HF_TOKEN", 0, f"huggingface_hub could not provide a token ({type(problem).__name__})", "Log in again: hf auth login") from None


class Client:
    """GETs from one endpoint, by several threads, within one time budget."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.endpoint = endpoint()
        self.token = token()
        self.deadline = time.monotonic() + limits.seconds
        self._not_before = 0.0
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.deadline - time.monotonic()

    def get(self, path: str, most: int) -> Answer:
        """What stands at a path of the endpoint, at most so many bytes; asked again where the server says that it is busy."""
        answer = late = Answer(0, problem=f"the time budget of {self.limits.seconds:g} s")
        for attempt in range(ATTEMPTS):
            pause = self._not_before - time.monotonic()
            if max(pause, 0) >= self.left:
                return answer
            if pause > 0:
                time.sleep(pause)
            answer = self._once(path, most)
            if answer.status == 0 and self.left <= 0.05:
                return late
            if attempt == ATTEMPTS - 1 or not (answer.status in _AGAIN or answer.problem.startswith(_NONE)):
                return answer
            asked = _retry_after(answer.headers)
            if answer.status == 429 and asked:  # the limit is on all that we ask, so all threads wait
                with self._lock:
                    self._not_before = max(self._not_before, time.monotonic() + asked)
                continue
            wait = asked or (1.0 if answer.status == 429 else 0.25) * 2**attempt
            if wait >= self.left:
                return answer
            time.sleep(wait)
        return answer

    def pages(self, path: str, most: int) -> tuple[list[Any], bool]:
        """The entries of a listing over all its pages (`Link: rel="next"`), and whether that was all."""
        entries: list[Any] = []
        for _ in range(MAX_PAGES):
            answer = self.get(path, most)
            page = parsed(answer)
            if not isinstance(page, list):
                return entries, False
            entries += page
            following = re.search(r'<([^<>\s]+)>\s*;[^,]*\brel="?next"?', answer.headers.get("link", ""))
            if following is None:
                return entries, True
            target = joined(self.endpoint, following.group(1))
            if target is None or target.origin != self.endpoint.origin or not target.path.startswith(self.endpoint.path):
                return entries, False
            path = target.path[len(self.endpoint.path) :]
        return entries, False

    def _once(self, path: str, most: int) -> Answer:
        current = self.endpoint._replace(path=self.endpoint.path + path)
        until = min(self.deadline, time.monotonic() + self.limits.answer_seconds)
        try:
            for _ in range(MAX_HOPS + 1):
                with self._open(current) as response:
                    headers = {str(k).lower(): str(v) for k, v in response.headers.items()}
                    status = int(response.status_code)
                    if status in _REDIRECTS:
                        target = joined(current, headers.get("location", ""))
                        why = refused(target, self.endpoint)
                        if why or target is None:
                            return Answer(0, headers=headers, problem=why)
                        current = target
                        continue
                    if status != 200:
                        return Answer(status, headers=headers, problem=f"HTTP {status}")
                    body, cut = _body(response, most, until)
                    return Answer(status, body, cut, headers)
        except _Slow:
            return Answer(0, problem="an answer that takes too long")
        except Exception as problem:  # each major version of the client raises its own; their words may quote headers
            return Answer(0, problem=f"{_NONE} ({type(problem).__name__})")
        return Answer(0, problem=f"a redirect after {MAX_HOPS} redirects")

    @contextmanager
    def _open(self, target: Address) -> Iterator[Any]:
        """The response to one GET, not yet read: `huggingface_hub` 0.x brings requests, 1.x httpx, 2.x httpx2."""
        headers = {"user-agent": f"licgraph/{__version__}", "accept-encoding": "identity"}
        if self.token and target.origin == self.endpoint.origin:
            headers["authorization"] = f"Bearer {self.token}"
        session = hub().utils.get_session()
        wait = max(min(self.limits.read_seconds, self.left), 0.01)
        if callable(getattr(session, "stream", None)):
            with session.stream("GET", str(target), headers=headers, follow_redirects=False, timeout=wait) as response:
                yield response
        else:
            with session.get(str(target), headers=headers, allow_redirects=False, stream=True, timeout=wait) as response:
                yield response


class _Slow(Exception):
    """An answer went on beyond its time."""


def _body(response: Any, most: int, until: float) -> tuple[bytes, bool]:
    found = bytearray()
    for piece in _pieces(response):
        found += piece
        if len(found) > most:
            return bytes(found[:most]), True
        if time.monotonic() > until:
            raise _Slow
    return bytes(found), False


def _pieces(response: Any) -> Iterator[bytes]:
    """What arrives, as it arrives: waiting for a full piece would let a slow server take its time."""
    if hasattr(response, "iter_bytes"):
        yield from response.iter_bytes()
    elif hasattr(response.raw, "read1"):
        while piece := response.raw.read1(16_384, decode_content=True):
            yield piece
    else:
        yield from response.iter_content(256)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait (`Retry-After`, or the Hub's `RateLimit: "api";r=0;t=55`); 0 if it does not."""
    given = headers.get("retry-after", "").strip()
    if given.isdecimal() and len(given) < 7:
        return float(given)
    limit = re.search(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*([0-9]{1,6})", headers.get("ratelimit", ""))
    return float(limit.group(1)) if limit else 0.0


def parsed(answer: Answer) -> Any:
    """The JSON of a whole answer; None if it is none."""
    if answer.status != 200 or answer.cut:
        return None
    try:
        return data_of(answer.body)
    except (ValueError, RecursionError):
        return None
