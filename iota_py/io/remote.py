"""Rasters behind http(s): names that hold no secret, and how GDAL opens them.

A remote raster is named `/vsicurl/{address}`, with `#{access}` after it where a credential opens it (access.py). A name is all that plans,
logs and manifests see; the credential joins it on the way to GDAL only.
"""

from __future__ import annotations

import logging
import os
import re
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from iota_py.errors import Fault, InputError, IotaError
from iota_py.io import buckets
from iota_py.io.access import ACCESS, key_header, token_for
from iota_py.io.fetching import BUSY, delay, redacted, refused, retries, status_of, unreachable

PREFIX = "/vsicurl/"
_SECRETS = re.compile(r"(?i)(?:(?:^|[-_])(?:sig|key|policy)|signature|credential|token|secret|password|apikey|accesskeyid)$")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\"'<>\\^`{|}]")
_STATUS = re.compile(r"(?i)(?:response code(?: on \S+)?|http error code|error code)\s*:?\s*(\d{3})\b")
_NETWORK = re.compile(
    r"(?i)timed out|time-?out|could ?n[o']t (?:resolve|connect)|could not (?:resolve|connect)|failed to connect|connection|recv|too slow|got 0 bytes|transfer closed"
)
_UNSIGNED = re.compile(r"(?i)access ?denied|credential|AWS_SECRET|InvalidAccessKey|SignatureDoesNotMatch")
_OPTIONS = {
    "GDAL_HTTP_CONNECTTIMEOUT": "20",
    "GDAL_HTTP_TIMEOUT": "120",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",  # header and tile index of most cloud-optimised files in one request
    # files stay open by the thousand, and VSI_CACHE keeps up to 25 MB of each: a window is read once, so it is off
    "VSI_CACHE": "FALSE",
}


class _Redaction(logging.Filter):
    """Takes what follows a `?` out of the messages of GDAL: signed addresses are in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


for _name in ("rasterio._env", "rasterio._err", "rasterio._base", "rasterio._io", "rasterio.env"):
    logging.getLogger(_name).addFilter(_Redaction())


def is_remote(path: str) -> bool:
    """True for the name of a remote raster."""
    return path.startswith("/vsicurl") or buckets.in_bucket(path)


def is_address(href: str) -> bool:
    """True for what begins with http:// or https://."""
    return href.lower().startswith(("http://", "https://"))


def checked_address(address: str) -> str:
    """An address that may be stored and shown, without fragment. Raises InputError where it holds a credential, or is none."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not is_address(address) or _UNSAFE.search(address):
        raise InputError(Fault("E-PRD-057", redacted(address)[:200], "href", "not an address of the web"))
    secrets = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _SECRETS.search(name)]
    if parts.username is not None or parts.password is not None:
        secrets.append("user:password@")
    if secrets:
        plain = urlunsplit((parts.scheme, host, parts.path, "", ""))
        text = f"the address holds a credential ({', '.join(dict.fromkeys(secrets))}), which must not be stored and ends one day"
        raise InputError(
            Fault("E-PRD-057", plain, "href", text, "use the catalogue's own addresses, and give credentials by the environment")
        )
    return urlunsplit(parts._replace(fragment=""))


def remote_name(address: str, access: str = "") -> str:
    """Name of the raster at an address; access: one of ACCESS, or empty for a file that anybody may read. Raises InputError as above."""
    return f"{PREFIX}{checked_address(address)}{f'#{access}' if access else ''}"


def address_of(name: str) -> tuple[str, str]:
    """Address and access of a remote raster. Raises InputError for a name that `remote_name` does not make."""
    address, _, access = name.removeprefix(PREFIX).partition("#")
    if not name.startswith(PREFIX) or (access and access not in ACCESS):
        raise InputError(Fault("E-PRD-057", redacted(name)[:200], "", "not the name of a remote raster"))
    return checked_address(address), access


def file_part(path: str) -> str:
    """The part of a name whose suffix says the format: a remote one ends before the query."""
    return urlsplit(address_of(path)[0]).path if is_remote(path) and not buckets.in_bucket(path) else path


def opening(name: str) -> tuple[str, dict[str, str]]:
    """What GDAL is given: the signed name, never to be shown, and the options in force while it opens.

    Options that the environment sets are left to it. Raises TaskError or InputError where a credential cannot be had.
    """
    options = {"GDAL_HTTP_MAX_RETRY": str(retries()), "GDAL_HTTP_RETRY_DELAY": f"{delay():g}", **_OPTIONS}
    options = {key: value for key, value in options.items() if key not in os.environ}
    if buckets.in_bucket(name):
        return name, options
    address, access = address_of(name)
    header = key_header(address, access)
    if header:
        options["GDAL_HTTP_HEADERS"] = ", ".join(filter(None, (os.environ.get("GDAL_HTTP_HEADERS"), header)))
    token = token_for(address, access)
    if token is not None:
        address = f"{address}{'&' if '?' in address else '?'}{token.query}"
    return PREFIX + address, options


def lease(path: str) -> float:
    """A number that changes when a file that is open must be opened anew, its token being old; 0 for files that need none."""
    if not is_remote(path) or "#" not in path:
        return 0.0
    token = token_for(*address_of(path))
    return token.stale if token else 0.0


def unopened(name: str, reason: str) -> IotaError:
    """What it means that GDAL could not open a remote raster: refused or no raster (InputError), or worth another try (TaskError)."""
    status = _STATUS.search(reason)
    if buckets.in_bucket(name) and not status and _UNSIGNED.search(reason):
        return refused(name, 403, buckets.WAY_IN)
    if status and int(status[1]) not in BUSY and status[1].startswith("4"):
        return refused(name, int(status[1]), _way_in(name, int(status[1])))
    if status or _NETWORK.search(reason):
        return unreachable(name, redacted(reason))
    try:
        ask_for(name)
    except IotaError as error:
        return error
    return InputError(Fault("E-PRD-053", name, "", f"cannot be opened ({redacted(reason)})", "list its date under exclude_dates"))


def ask_for(name: str) -> None:
    """Ask for the first byte of a remote raster: returns when its server sends it; at once for a bucket, whose requests GDAL alone signs.

    Raises TaskError when the network or the server fails, InputError when the server refuses, or sends whole files in place of parts.
    """
    if buckets.in_bucket(name):
        return
    signed, _ = opening(name)
    key = key_header(*address_of(name)).removeprefix("X-API-Key: ")
    status = status_of(signed.removeprefix(PREFIX), {"Range": "bytes=0-0", **({"X-API-Key": key} if key else {})})
    if status == 200:
        text = "the server sends whole files, not the parts asked for (no ranges)"
        raise InputError(Fault("E-PRD-053", name, "", text, "download the files, and name their catalogue as `path`"))
    if status != 206:
        raise refused(name, status, _way_in(name, status))


def _way_in(name: str, status: int) -> str:
    if buckets.in_bucket(name):
        return buckets.WAY_IN if status in (400, 401, 403) else ""
    access = address_of(name)[1]
    return ACCESS[access].fix if access and status in (401, 403) else ""
