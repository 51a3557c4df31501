"""Deliveries made before: those in the folder `product/` of a run, and those noted in a register that several runs share."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iota_py.delivery.naming import PackageName, Version, package_folder
from iota_py.delivery.releases import Change, change
from iota_py.errors import Fault, InputError
from iota_py.io.publish import read_json, write_json

FORMAT = 1
_NOTED = ("content", "stated", "fingerprints")


def earlier(product: Path, register: Path | None) -> dict[str, Mapping[str, Any]]:
    """Manifests of the packages that were delivered, by name; of those in a register what is noted of them.

    A package in the folder counts before its note. Raises InputError E-PKG-004 for a register that cannot be read.
    """
    found: dict[str, Mapping[str, Any]] = dict(_noted(register)) if register is not None else {}
    for folder in sorted(product.iterdir()) if product.is_dir() else ():
        name = package_folder(folder.name)
        manifest = None if name is None else read_manifest(folder, name)
        if manifest is not None:
            found[folder.name] = manifest
    return found


def read_manifest(folder: Path, name: PackageName) -> dict[str, Any] | None:
    """The manifest of a package, None where it is missing or is none."""
    try:
        found = read_json(folder / name.manifest_file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("name") == str(name) else None


def check_release(
    name: PackageName, document: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], *, registered: bool = False
) -> None:
    """Refuse a delivery that would take the place of another, or whose version does not say what changed.

    known: from `earlier`. registered: deliveries are noted in a register, so that deleting a package does not undo its delivery.
    Raises InputError: E-PKG-005 a package of this name has other content; E-PKG-006 a later version was delivered already; E-PKG-007 the
    method changed since the version before, and the major version did not.
    """
    place, earlier_one = f"product/{name}", known.get(str(name))
    if earlier_one is not None:
        if earlier_one["content"] != document["content"]:
            found = change(earlier_one, document)
            text = f"was delivered with other content; {found.words}"
            fix = _way_out(name, found, known) + ("" if registered else f"; or delete {place}, if nobody was given it")
            raise InputError(Fault("E-PKG-005", place, "product.version", text, fix))
        return
    others = _versions(name, known)
    top = max(others, default=None)
    if top is not None and top > name.version:
        text = f"{others[top]} was delivered already, and this version would come before it"
        fix = _set(top.next("minor"))
        raise InputError(Fault("E-PKG-006", place, "product.version", text, fix))
    if top is not None and top.major == name.version.major:
        found = change(known[str(others[top])], document)
        if found.method:
            text = f"since {others[top]} the {found.words}"
            raise InputError(Fault("E-PKG-007", place, "product.version", text, _set(top.next("major"))))


def note(register: Path, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Add these deliveries to the register; one process at a time."""
    register.parent.mkdir(parents=True, exist_ok=True)
    with open(register.with_name(f".{register.name}.lock"), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        known = _noted(register)
        new = {name: {key: one[key] for key in _NOTED} for name, one in documents.items() if name not in known}
        if new:
            write_json(register, {"format": FORMAT, "releases": {**known, **new}})


def _versions(name: PackageName, known: Mapping[str, Any]) -> dict[Version, PackageName]:
    """The known packages of the same product, by version."""
    names = [found for text in known if (found := package_folder(text)) is not None]
    return {other.version: other for other in names if other.identifier == name.identifier}


def _way_out(name: PackageName, found: Change, known: Mapping[str, Any]) -> str:
    top = max(_versions(name, known))
    return _set(max(top, name.version).next(found.bump))


def _set(version: Version) -> str:
    return f'set product.version: "{version}", then iota-py run CONFIG; only the packages and the catalogue are made'


def _noted(register: Path) -> dict[str, Mapping[str, Any]]:
    if not register.exists():
        return {}
    fix = "restore it from a copy, or leave product.releases out"
    try:
        document = read_json(register)
        releases: dict[str, Mapping[str, Any]] = document["releases"]
        whole = document["format"] == FORMAT and all({*_NOTED} <= set(one) for one in releases.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"is not a register of deliveries ({type(error).__name__})"
        raise InputError(Fault("E-PKG-004", str(register), "product.releases", text, fix)) from error
    if not whole:
        raise InputError(Fault("E-PKG-004", str(register), "product.releases", "is not a register of deliveries", fix))
    return dict(releases)
