"""Products as delivered: where they lie under a folder, and which of several processings of one acquisition is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from iota_py.io.archives import archive_suffix
from iota_py.products.container import Container
from iota_py.products.family import Family
from iota_py.products.product import Product, SetAside


def find_deliveries(root: Path, family: Family, dated: Callable[[re.Match[str]], object]) -> list[tuple[Container, re.Match[str]]]:
    """Directories and archives under `root`, two levels deep at most, whose name is one of the family's, in alphabetical order.

    dated: reads the times in a name; where it raises ValueError the name is none. A product inside a product is a part of it.
    """
    found = []
    for path in sorted(p for depth in ("*", "*/*") for p in root.glob(depth)):
        match = _named(path, family, dated)
        if match is not None:
            found.append((Container(path), match))
    outer = {container.path for container, _ in found}
    return [(container, match) for container, match in found if container.path.parent not in outer]


def _named(path: Path, family: Family, dated: Callable[[re.Match[str]], object]) -> re.Match[str] | None:
    assert family.product is not None
    suffix = "" if path.is_dir() else archive_suffix(path)
    if not suffix and not path.is_dir():
        return None
    match = family.product.match(path.name.removesuffix(suffix))
    try:
        return match if match and dated(match) else None
    except ValueError:
        return None


def judged(entry: Product | SetAside, bad: Mapping[str, str]) -> Product | SetAside:
    """A product with its key, or set aside where it was found unreadable; what is set aside already stays so. bad: as of Source."""
    if isinstance(entry, SetAside):
        return entry
    product = entry if entry.key else replace(entry, key=f"{entry.id} {entry.stamp}")
    reason = bad.get(product.key) or bad.get(product.id)
    return aside(product, "bad", reason) if reason else product


def aside(product: Product, kind: str, reason: str) -> SetAside:
    """A product that is not used. kind, reason: as of SetAside."""
    return SetAside(product.id, product.tile, product.when, kind, reason, product.cloud_share, product.platform, product.key)


def newest(products: Iterable[Product]) -> tuple[Product, list[SetAside]]:
    """Of several processings of one acquisition that of the highest version, and the others set aside."""
    best, *others = sorted(products, key=lambda p: (tuple(-v for v in p.version), p.fingerprint[0][0]))
    return best, [superseded(other, best) for other in others]


def superseded(other: Product, best: Product) -> SetAside:
    """A product that is not used because of a better one."""
    twice = f"delivered twice; {best.fingerprint[0][0]} is used"
    reason = twice if other.version == best.version else f"older processing than {best.id}"
    return aside(other, "duplicate", reason)
