"""Credentials for remote files. They come from the environment when a file is opened, and go only to the hosts that ask for them.

`geodes`: downloads from the portal of CNES want the header `X-API-Key`, from IOTA_PY_STAC_API_KEY. `planetary-computer`: its files want a
token in the address; the token service gives one for each storage container to anybody, for about an hour, or longer ones with
PC_SDK_SUBSCRIPTION_KEY (variables named as in the `planetary-computer` package, whose PC_SDK_SAS_URL moves the service).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from iota_py.errors import Fault, InputError
from iota_py.io.fetching import fetch, parse_json

API_KEY = "IOTA_PY_STAC_API_KEY"
SUBSCRIPTION_KEY = "PC_SDK_SUBSCRIPTION_KEY"
SERVICE_URL = "PC_SDK_SAS_URL"
_SERVICE = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
_TOKEN_BYTES = 100_000
_HERE = ("127.0.0.1", "localhost", "::1")
_KEY = re.compile(r"[!-~]+")
_TOKEN = re.compile(r"[A-Za-z0-9%&=:._~+/-]+")
_CONTAINER = re.compile(r"/([a-z0-9$][a-z0-9-]{1,62})/.")


@dataclass(frozen=True)
class Access:
    """A way in. hosts: names, or ends of names after a dot, of the hosts that get the credential. fix: what to do when they refuse."""

    hosts: tuple[str, ...]
    fix: str


ACCESS = {
    "geodes": Access(("geodes-portal.cnes.fr",), f"set {API_KEY} to the key of your account"),
    "planetary-computer": Access((".blob.core.windows.net",), f"check that the file exists there, or set {SUBSCRIPTION_KEY}"),
}


@dataclass(frozen=True)
class Token:
    """A token as the query of an address. stale: seconds since 1970 from when a new one is asked for."""

    query: str
    stale: float


_TOKENS: dict[str, Token] = {}
_LOCK = threading.Lock()


def trusted(address: str, access: str) -> bool:
    """True when the credential of this access may go to an address: one of its hosts, and encrypted unless on this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    encrypted = parts.scheme == "https" or host in _HERE
    return encrypted and any(host == name or (name.startswith(".") and host.endswith(name)) for name in ACCESS[access].hosts)


def key_header(address: str, access: str) -> str:
    """Header that opens an address, `name: value`; empty where none is due. Raises InputError for a key that cannot be in a header."""
    key = os.environ.get(API_KEY, "").strip()
    if access != "geodes" or not key or not trusted(address, access):
        return ""
    if not _KEY.fullmatch(key) or "," in key or '"' in key:
        raise InputError(Fault("E-PRD-059", API_KEY, "", "expected letters, digits and signs, without blanks, commas or quotes"))
    return f"X-API-Key: {key}"


def token_for(address: str, access: str, ask: Callable[..., bytes] = fetch) -> Token | None:
    """Token that opens an address, kept until half of its life is over; None where none is due.

    ask: fetches an address with headers. Raises TaskError when the service does not answer, InputError when it refuses.
    """
    if access != "planetary-computer" or not trusted(address, access):
        return None
    parts = urlsplit(address)
    container = _CONTAINER.match(parts.path)
    if container is None:
        raise InputError(Fault("E-PRD-059", address, "", "expected an address of account, container and file", "check the item"))
    place = f"{_service()}/{(parts.hostname or '').split('.')[0]}/{container[1]}"
    with _LOCK:
        token = _TOKENS.get(place)
        if token is None or time.time() >= token.stale:
            token = _TOKENS[place] = _asked(place, ask)
    return token


def _service() -> str:
    service = os.environ.get(SERVICE_URL, _SERVICE).rstrip("/")
    parts = urlsplit(service)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise InputError(Fault("E-PRD-059", SERVICE_URL, "", "expected an address that begins with https://"))
    return service


def _asked(place: str, ask: Callable[..., bytes]) -> Token:
    key = os.environ.get(SUBSCRIPTION_KEY, "")
    answer = parse_json(ask(place, {"Ocp-Apim-Subscription-Key": key} if key else {}, _TOKEN_BYTES), place)
    fault = Fault("E-PRD-059", place, "", "not the answer of a token service (expected `token` and `msft:expiry`)", f"check {SERVICE_URL}")
    if not isinstance(answer, dict) or not _TOKEN.fullmatch(str(answer.get("token", ""))):
        raise InputError(fault)
    try:
        expiry = dt.datetime.fromisoformat(str(answer["msft:expiry"]))
    except (KeyError, ValueError):
        raise InputError(fault) from None
    now = time.time()
    until = (expiry if expiry.tzinfo else expiry.replace(tzinfo=dt.UTC)).timestamp()
    return Token(str(answer["token"]), now + max(0.0, until - now) / 2)
