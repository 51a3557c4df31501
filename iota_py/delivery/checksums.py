"""Lists of SHA-256 that `sha256sum -c` reads, and the multihash that STAC's file extension asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(r"^([0-9a-f]{64}) [ *](.+)$")
_SHA2_256 = "1220"  # multihash: code 0x12 of SHA2-256, then a length of 0x20 bytes


def checksum_text(digests: Mapping[str, str]) -> str:
    """One line for each file, sorted by path. digests: path relative to the list -> SHA-256 in hexadecimal."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))


def read_checksums(text: str) -> dict[str, str]:
    """Path -> SHA-256. Raises ValueError for a line that is none, and for a path that is listed twice."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line)
        if match is None or match[2] in found:
            raise ValueError(f"line {number} is {'no checksum and path' if match is None else 'about a file that is listed twice'}")
        found[match[2]] = match[1]
    return found


def multihash(digest: str) -> str:
    """A SHA-256 as multihash, hexadecimal (multiformats.io: code, length, digest)."""
    return _SHA2_256 + digest
