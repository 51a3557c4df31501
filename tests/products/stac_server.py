"""A web server on this machine: files with ranges, a small STAC API, and a service of tokens. What was asked of it is written down."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

QUERY = "https://api.stacspec.org/v1.0.0/item-search#query"
CONFORMS = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search", QUERY]


@dataclass
class Asked:
    """One request. sent: bytes of the body of the answer."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int = 0
    sent: int = 0
    body: Any = None

    @property
    def range(self) -> str:
        """The range asked for, or empty."""
        return self.headers.get("range", "")


@dataclass
class Site:
    """What the server serves, and how it behaves.

    fail: end of a path -> statuses that it answers first; `fail_always` for good. delay: seconds before each answer. items: of the API.
    secret: what the query of a file must hold. key: the header X-API-Key that files want. expiry: of tokens, seconds from now.
    """

    root: Path
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    fail: dict[str, list[int]] = field(default_factory=dict)
    fail_always: dict[str, int] = field(default_factory=dict)
    refusal: bytes = b"no"
    delay: float = 0.0
    ranges: bool = True
    items: list[dict[str, Any]] = field(default_factory=list)
    methods: tuple[str, ...] = ("GET", "POST")
    secret: str = ""
    key: str = ""
    expiry: float = 3600.0
    tokens: int = 0

    def of(self, end: str) -> list[Asked]:
        """Requests for paths with this end."""
        return [one for one in self.asked if one.path.endswith(end)]

    def files(self) -> list[Asked]:
        """Requests for files that are not documents."""
        return [one for one in self.asked if one.path.startswith("/files/") and not one.path.endswith(".json")]

    def put(self, item: Path, **changes: Any) -> dict[str, Any]:
        """Add an item on disk to the API, with addresses of its files. changes: of its properties."""
        document = json.loads(item.read_text(encoding="utf-8"))
        folder = item.parent.relative_to(self.root).as_posix()
        for asset in document["assets"].values():
            asset["href"] = f"{self.url}/files/{folder}/{asset['href'].removeprefix('./')}"
        document["properties"].update(changes)
        document.setdefault("collection", "sentinel-2-l2a")
        document["links"] = [{"rel": "self", "href": f"{self.url}/stac/collections/{document['collection']}/items/{document['id']}"}]
        self.items.append(document)
        return document


@contextmanager
def serving(root: Path) -> Iterator[Site]:
    """The site of a folder, up while the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = Site(root, f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    site: Site
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no fault of the server."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site, parts = self.server.site, urlsplit(self.path)
        self.asked = Asked(self.command, parts.path, parts.query, {name.lower(): value for name, value in self.headers.items()})
        length = int(self.headers.get("Content-Length") or 0)
        self.asked.body = json.loads(self.rfile.read(length)) if length else None
        site.asked.append(self.asked)
        time.sleep(site.delay)
        for end, statuses in site.fail.items():
            if parts.path.endswith(end) and statuses:
                return self._send(statuses.pop(0), b"busy", "text/plain")
        for end, status in site.fail_always.items():
            if parts.path.endswith(end):
                return self._send(status, site.refusal, "text/plain")
        if parts.path.startswith("/files/"):
            return self._file(site, parts)
        if parts.path.startswith("/token/"):
            return self._token(site)
        if parts.path.startswith("/stac"):
            return self._api(site, parts)
        return self._send(404, b"nothing here", "text/plain")

    def _file(self, site: Site, parts: Any) -> None:
        path = site.root / parts.path.removeprefix("/files/")
        if site.key and self.headers.get("X-API-Key") != site.key:
            return self._send(401, b"who are you", "text/plain")
        if site.secret and site.secret not in parts.query:
            return self._send(403, b"no signature", "text/plain")
        if not path.is_file():
            return self._send(404, b"no such file", "text/plain")
        content, kind = path.read_bytes(), "application/json" if path.suffix == ".json" else "image/tiff"
        wanted = self.headers.get("Range")
        if wanted is None or not site.ranges:
            return self._send(200, content, kind, {"Accept-Ranges": "bytes"} if site.ranges else {})
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last) + 1 if last else len(content), len(content))
        if start >= len(content):
            return self._send(416, b"", kind, {"Content-Range": f"bytes */{len(content)}"})
        return self._send(206, content[start:stop], kind, {"Content-Range": f"bytes {start}-{stop - 1}/{len(content)}"})

    def _token(self, site: Site) -> None:
        site.tokens += 1
        site.secret = f"sig=SECRET{site.tokens}"
        expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + site.expiry))
        self._json({"msft:expiry": expiry, "token": f"se=2030&{site.secret}"})

    def _api(self, site: Site, parts: Any) -> None:
        if parts.path == "/stac/search":
            body = self.asked.body if self.command == "POST" else _from_query(parts.query)
            return self._json(_page(site, body, self.command))
        if parts.path == "/stac/collections":
            return self._json({"collections": [], "links": []})
        if parts.path == "/stac/conformance":
            return self._json({"conformsTo": CONFORMS})
        links = [{"rel": "self", "href": f"{site.url}/stac"}, {"rel": "data", "href": f"{site.url}/stac/collections"}]
        links += [
            {"rel": "search", "href": f"{site.url}/stac/search", "method": method, "type": "application/geo+json"}
            for method in site.methods
        ]
        return self._json(
            {"type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "tests", "conformsTo": CONFORMS, "links": links}
        )

    def _json(self, document: Any) -> None:
        self._send(200, json.dumps(document).encode(), "application/geo+json")

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.asked.status = status
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.asked.sent = len(content)
            self.wfile.write(content)
        self.close_connection = True


def _from_query(query: str) -> dict[str, Any]:
    said = {name: values[0] for name, values in parse_qs(query).items()}
    if "collections" in said:
        said["collections"] = said["collections"].split(",")
    if "query" in said:
        said["query"] = json.loads(said["query"])
    return said


def _page(site: Site, body: dict[str, Any], method: str) -> dict[str, Any]:
    """A page of the items that a search finds, and the link to the next one."""
    found = [item for item in site.items if _found(item, body)]
    limit, start = int(body.get("limit", 10)), int(body.get("page", 0))
    document: dict[str, Any] = {"type": "FeatureCollection", "features": found[start : start + limit], "links": []}
    if start + limit < len(found):
        following = {**body, "page": start + limit}
        if method == "POST":
            link = {"rel": "next", "href": f"{site.url}/stac/search", "method": "POST", "body": following}
        else:
            texts = {k: ",".join(v) if isinstance(v, list) else json.dumps(v) if isinstance(v, dict) else v for k, v in following.items()}
            link = {"rel": "next", "href": f"{site.url}/stac/search?{urlencode(texts)}", "method": "GET"}
        document["links"].append(link)
    return document


def _touches(a: list[float], b: list[float]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _found(item: dict[str, Any], body: dict[str, Any]) -> bool:
    said = item["properties"]
    if body.get("collections") and item["collection"] not in body["collections"]:
        return False
    if body.get("datetime"):
        first, last = body["datetime"].split("/")
        if not first <= said["datetime"] <= last:
            return False
    box = body.get("bbox")
    if box and not _touches(item["bbox"], [float(side) for side in (box.split(",") if isinstance(box, str) else box)]):
        return False
    tests = {
        "eq": lambda a, b: a == b,
        "in": lambda a, b: a in b,
        "lt": lambda a, b: a < b,
        "gte": lambda a, b: a >= b,
        "lte": lambda a, b: a <= b,
    }
    return all(name in said and tests[op](said[name], want) for name, asked in body.get("query", {}).items() for op, want in asked.items())
