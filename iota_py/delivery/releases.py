"""When a delivery needs another version: what made the earlier one is compared with what made this one.

A method that changed (code, settings, classes) needs a major version, data that changed (acquisitions, reference) a minor one. The
content is what a reader of the package gets: the bytes of its data and what its metadata say of them, versions of software aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

METHOD = ("code", "settings")
DATA = ("inputs", "reference")
_SHOWN = 4
Bump = Literal["major", "minor"]


@dataclass(frozen=True)
class Change:
    """What differs between two deliveries. method, data, stated: names of what changed in each; stated: what the metadata say."""

    method: tuple[str, ...]
    data: tuple[str, ...]
    stated: tuple[str, ...]

    @property
    def bump(self) -> Bump:
        """The version that it asks for."""
        return "major" if self.method else "minor"

    @property
    def words(self) -> str:
        """What changed, and which version that asks for."""
        found = [_listed(kind, names) for kind, names in (("method", self.method), ("data", self.data), ("metadata", self.stated)) if names]
        why = "; ".join(found) or "neither settings nor inputs differ, so libraries or the computer do"
        return f"{why}: a {self.bump} version is needed"


def change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """What changed from one manifest of a package to another. Both hold `fingerprints` and `stated`."""
    method, data = (
        tuple(f"{part} {name}" for part in parts for name in _differing(before, after, "fingerprints", part)) for parts in (METHOD, DATA)
    )
    return Change(method, data, tuple(_differing(before, after, "stated")))


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], *place: str) -> list[str]:
    old, new = _at(before, place), _at(after, place)
    missing = object()
    return sorted(key for key in old.keys() | new.keys() if old.get(key, missing) != new.get(key, missing))


def _at(document: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = document
    for key in place:
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _listed(kind: str, names: tuple[str, ...]) -> str:
    rest = len(names) - _SHOWN
    return f"{kind} changed ({', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''})"
