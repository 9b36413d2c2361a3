"""A small Hub on this machine: answers as the Hub's API does, says what was asked of it, and misbehaves on demand."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def sha_of(text: str) -> str:
    """Forty hexadecimal digits, as a commit has."""
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class Repo:
    """One repository. ``gated``: files need the token `hf_good`; ``files``: name to text."""

    files: dict[str, str | bytes] = field(default_factory=dict)
    tags: list[Any] = field(default_factory=list)
    card: Any = None
    bases: Any = None
    gated: Any = False
    private: bool = False
    disabled: bool = False
    sha: str = ""
    revisions: dict[str, str] = field(default_factory=dict)


class Hub:
    """The server: `repos` by id (data sets as `datasets/org/name`), `moved` from old id to new, `odd` for special answers."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.moved: dict[str, str] = {}
        self.odd: dict[str, Callable[[BaseHTTPRequestHandler], bool]] = {}
        """Path prefix to something that answers instead; it returns False to let the usual answer through."""
        self.asked: list[tuple[str, str]] = []
        self.indirect = False
        """Whether files are answered with a redirect to another path of the same server, as the Hub does."""
        self.page = 2
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                try:
                    hub.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo_id: str, text: str = "", **known: Any) -> Repo:
        """A repository with a card; tags and metadata as the Hub makes them have to be given."""
        repo = self.repos[repo_id] = Repo(sha=sha_of(repo_id), **known)
        if text:
            repo.files.setdefault("README.md", text)
        return repo

    def paths(self, part: str = "") -> list[str]:
        """The paths that were asked for, without queries, that hold a text."""
        return [p for p, _ in self.asked if part in p]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        path = unquote(parts.path)
        self.asked.append((path, request.headers.get("Authorization", "")))
        for prefix, special in self.odd.items():
            if path.startswith(prefix) and special(request):
                return
        if path.startswith("/api/resolve-cache/"):
            self.file(request, path.removeprefix("/api/resolve-cache/models/").replace("@", "/resolve/", 1))
        elif path.startswith("/api/"):
            self.api(request, path.removeprefix("/api/"), parse_qs(parts.query), parts.query)
        else:
            self.file(request, path.lstrip("/"))

    def known(self, request: BaseHTTPRequestHandler, repo_id: str) -> bool:
        found = self.repos.get(repo_id)
        token = request.headers.get("Authorization", "")
        if found is not None and not (found.private and token != "Bearer hf_good"):
            return True
        send(request, 404 if token else 401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found" if token else "Invalid username or password."})
        return False

    def api(self, request: BaseHTTPRequestHandler, rest: str, query: dict[str, list[str]], raw: str) -> None:
        name, _, revision = rest.removeprefix("models/").partition("/revision/")
        name, _, tree = name.partition("/tree/")
        if name in self.moved:
            now = self.moved[name]
            where = ("" if now.startswith("datasets/") else "models/") + now
            send(request, 307, b"", {"Location": f"/api/{where}{f'/revision/{revision}' if revision else ''}?{raw}"})
            return
        if not self.known(request, name):
            return
        repo = self.repos[name]
        if revision and revision not in repo.revisions and revision not in (repo.sha, "main"):
            send(request, 404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": f"Invalid rev id: {revision}"})
            return
        if tree:
            entries = [{"type": "file", "path": f, "size": len(b), "oid": sha_of(f)} for f, b in sorted(repo.files.items()) if "/" not in f] + [{"type": "directory", "path": "onnx", "size": 0, "oid": sha_of("onnx")}]
            start = int(query.get("cursor", ["0"])[0])
            more = {"Link": f'<{self.url}/api/{rest}?cursor={start + self.page}>; rel="next"'} if start + self.page < len(entries) else {}
            send(request, 200, entries[start : start + self.page], more)
            return
        sha = repo.revisions.get(revision, repo.sha)
        told: dict[str, Any] = {"sha": sha, "tags": repo.tags, "cardData": repo.card, "gated": repo.gated, "disabled": repo.disabled, "private": repo.private, "siblings": [{"rfilename": f} for f in repo.files]}
        if repo.bases is not None and not name.startswith("datasets/"):
            told["baseModels"] = repo.bases
        wanted = query.get("expand")
        shown = {k: v for k, v in told.items() if (k in wanted if wanted else k != "baseModels")}
        send(request, 200, {"_id": sha_of(name)[:24], "id": name.removeprefix("datasets/"), **shown})

    def file(self, request: BaseHTTPRequestHandler, rest: str) -> None:
        name, _, at = rest.partition("/resolve/")
        revision, _, file = at.partition("/")
        if name in self.moved:
            send(request, 307, b"", {"Location": f"/{self.moved[name]}/resolve/{at}"})
            return
        if not self.known(request, name):
            return
        repo = self.repos[name]
        token = request.headers.get("Authorization", "")
        if repo.gated and token != "Bearer hf_good":
            words = "You must have access to it and be authenticated." if not token else "You are not in the authorized list."
            send(request, 403 if token else 401, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to model {name} is restricted. {words}"})
            return
        if file not in repo.files:
            send(request, 404, b"Entry not found", {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found", "X-Repo-Commit": repo.sha})
            return
        body = repo.files[file]
        body = body.encode() if isinstance(body, str) else body
        commit = {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": repo.sha}
        if self.indirect and not request.path.startswith("/api/resolve-cache/"):
            send(request, 307, b"", {**commit, "Location": f"/api/resolve-cache/models/{name}@{revision}/{file}"})
            return
        send(request, 200, body, {**commit, "Content-Type": "text/plain; charset=utf-8"})


def send(request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None) -> bool:
    """One answer; always True, so that it can end a special one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request.send_response(status)
    for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {}), "Content-Length": str(len(raw))}.items():
        request.send_header(name, value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(raw)
    return True


def slowly(pause: float, pieces: int, size: int = 10) -> Callable[[BaseHTTPRequestHandler], bool]:
    """An answer that comes in drops."""

    def special(request: BaseHTTPRequestHandler) -> bool:
        request.send_response(200)
        request.send_header("Content-Length", str(pieces * size))
        request.end_headers()
        for _ in range(pieces):
            request.wfile.write(b"x" * size)
            request.wfile.flush()
            time.sleep(pause)
        return True

    return special
