"""Small documents from http(s): bounded in size and time, asked for again when a server is busy. JSON only.

GDAL's own variables rule here too, so that one setting holds for documents and pixels: `GDAL_HTTP_MAX_RETRY`, `GDAL_HTTP_RETRY_DELAY` and
`GDAL_HTTP_TIMEOUT` (seconds).
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from iota_py.errors import Fault, InputError, TaskError

DOCUMENT_BYTES = 64_000_000
BUSY = (408, 429, 500, 502, 503, 504)  # answers of a server that may do better later
_RETRIES, _DELAY, _TIMEOUT = 4, 1.0, 60.0
_CHUNK = 1 << 16
AGAIN = "check the network, or wait, then run again"
_QUERY = re.compile(r"\?[^\s'\"<>]+")


def retries() -> int:
    """How often a request is made again."""
    return int(_setting("GDAL_HTTP_MAX_RETRY", _RETRIES))


def delay() -> float:
    """Seconds before the second request; each later one waits twice as long."""
    return _setting("GDAL_HTTP_RETRY_DELAY", _DELAY)


def timeout() -> float:
    """Seconds that a document may take."""
    return max(_setting("GDAL_HTTP_TIMEOUT", _TIMEOUT), 0.001)


def _setting(name: str, default: float) -> float:
    try:
        return max(0.0, float(os.environ.get(name, default)))
    except ValueError:
        return default


def redacted(text: str) -> str:
    """A text without what follows the `?` of the addresses in it, where signatures are."""
    return _QUERY.sub("?…", text)


def fetch(
    address: str, headers: Mapping[str, str] | None = None, limit: int = DOCUMENT_BYTES, body: Mapping[str, Any] | None = None
) -> bytes:
    """Content behind an address. headers: go to this address only, not where it redirects to. body: posted as JSON; without one it is a GET.

    Raises TaskError when the network or the server fails, InputError when the server refuses or sends more than `limit` bytes.
    """
    try:
        return _patiently(_request(address, headers, body), lambda answer: _content(answer, address, limit))
    except urllib.error.HTTPError as error:
        raise refused(address, error.code) from None


def status_of(address: str, headers: Mapping[str, str]) -> int:
    """Status that a server answers to a GET; the content is left. Raises TaskError when the network or the server fails."""
    try:
        return _patiently(_request(address, headers, None), lambda answer: int(answer.status))
    except urllib.error.HTTPError as error:
        return error.code


def _request(address: str, headers: Mapping[str, str] | None, body: Mapping[str, Any] | None) -> urllib.request.Request:
    request = urllib.request.Request(address, data=None if body is None else json.dumps(body).encode())  # noqa: S310 - see _opener
    for name, value in {"User-Agent": "iota-py", "Content-Type": "application/json", **(headers or {})}.items():
        request.add_unredirected_header(name, value)
    return request


def _patiently(request: urllib.request.Request, use: Callable[[Any], Any]) -> Any:
    """What `use` makes of the answer; a busy server and a network that fails are tried again. Raises HTTPError when the server refuses."""
    for attempt in range(retries() + 1):
        try:
            with _opener().open(request, timeout=timeout()) as answer:
                return use(answer)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in BUSY:
                raise
            reason = f"it answers {error.code}"
        except (OSError, http.client.HTTPException) as error:
            reason = why(error)
        if attempt < retries():
            time.sleep(delay() * 2**attempt)
    raise unreachable(request.full_url, reason)


def _content(answer: Any, address: str, limit: int) -> bytes:
    deadline, parts, size = time.monotonic() + timeout(), [], 0
    while chunk := answer.read1(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise too_large(address, limit)
        if time.monotonic() > deadline:
            raise TimeoutError(f"not whole after {timeout():g} s")
    return b"".join(parts)


def _opener() -> urllib.request.OpenerDirector:
    """http and https, nothing else: neither files nor ftp, by a redirection either."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def parse_json(content: bytes, place: str) -> Any:
    """A JSON text. Raises InputError for anything else; infinities, numbers of thousands of digits and endless nesting are not JSON here."""
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        text = f"not a JSON document ({type(error).__name__}: {' '.join(str(error).split())[:120]})"
        raise InputError(Fault("E-PRD-054", place, "", text, "check the address, or make the document again")) from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def why(error: BaseException) -> str:
    """The reason that lies at the bottom of a network error, on one line, without addresses."""
    reason = getattr(error, "reason", None) or error
    text = reason if isinstance(reason, str) else getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return redacted(" ".join(str(text).split()))[:200]


def unreachable(place: str, reason: str) -> TaskError:
    """The network or the server failed: the task fails and may be done later; it is not the fault of an acquisition."""
    return TaskError(Fault("E-PRD-053", redacted(place), "", f"cannot be reached ({reason})", AGAIN))


def refused(place: str, status: int, fix: str = "") -> InputError:
    """The server said no, and will say so again."""
    return InputError(
        Fault("E-PRD-053", redacted(place), "", f"the server answers {status}", fix or "check the address and your access to it")
    )


def too_large(place: str, limit: int) -> InputError:
    """A document beyond its bounds."""
    return InputError(Fault("E-PRD-054", redacted(place), "", f"larger than {limit} bytes: refused", "ask for less"))
