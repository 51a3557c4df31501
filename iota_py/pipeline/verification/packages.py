"""Packages: their names, the files that every one has, and their lists of checksums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iota_py.delivery.checksums import read_checksums
from iota_py.delivery.naming import CHECKSUMS, PackageName, package_folder
from iota_py.errors import Fault
from iota_py.pipeline import paths

_AGAIN = "delete the package, then iota-py run CONFIG makes it again"


def package_faults(root: Path, recorded: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Fault]:
    """E-VFY-013 a list of checksums that disagrees with what was recorded; 015 a package with another name than its version and kind ask for.

    recorded: entries of the manifest by path; whole: those of them whose bytes are right.
    """
    folders = sorted({name.split("/")[1] for name in recorded if name.startswith(f"{paths.PRODUCT}/")})
    for folder in folders:
        name, place = package_folder(folder), f"{paths.PRODUCT}/{folder}"
        inside = {path.removeprefix(f"{place}/"): entry for path, entry in recorded.items() if path.startswith(f"{place}/")}
        if name is None:
            yield Fault("E-VFY-015", place, "", "is not the name of a package", "expected one such as OSO_20230101_RASTER_V1-0")
            continue
        missing = [path for path in _needed(name) if path not in inside]
        if missing:
            yield Fault("E-VFY-015", place, "", f"has no {', '.join(missing)}", _AGAIN)
        if f"{place}/{CHECKSUMS}" in whole:
            yield from _checksum_faults(root, place, inside)


def _needed(name: PackageName) -> list[str]:
    """Files that every package has."""
    found = [name.metadata_file, name.manifest_file, CHECKSUMS]
    return found if name.kind == "vector" else [*found, name.quicklook_file, name.data_file("OCS", ".tif")]


def _checksum_faults(root: Path, place: str, inside: Mapping[str, Any]) -> Iterator[Fault]:
    where = f"{place}/{CHECKSUMS}"
    try:
        listed = read_checksums((root / where).read_text(encoding="utf-8"))
    except ValueError as error:
        yield Fault("E-VFY-013", where, "", str(error), _AGAIN)
        return
    expected = {path: entry["sha256"] for path, entry in inside.items() if path != CHECKSUMS}
    wrong = sorted(path for path in listed.keys() | expected.keys() if listed.get(path) != expected.get(path))
    if wrong:
        yield Fault("E-VFY-013", where, "", f"disagrees with what was recorded of {', '.join(wrong)}", _AGAIN)
