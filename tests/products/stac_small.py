"""Items over the products of small.py: 8 × 8 pixels whose every number is known."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import json
import shutil
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import Product, Series, SetAside
from iota_py.products.reader import Cube, read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.products.stac import find_stac
from iota_py.simulation.stac import Convention, write_catalogue, write_item
from tests.products.small import ALL, NOON, observation

STAC = load_family("stac")
YEAR = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def put(folder: Path, convention: Convention | None = None, **changes: Any) -> Path:
    """Write a clear observation of small.py as an item; changes as of `observation`."""
    if changes:
        return write_item(folder, observation(**changes), convention)
    item = _written(convention)
    shutil.copytree(item.parent, folder / item.stem)
    return folder / item.stem / item.name


@functools.cache
def _written(convention: Convention | None) -> Path:
    """The item of the clear observation, written once: eleven cloud-optimised files take a while."""
    folder = tempfile.mkdtemp(prefix="iota-py-stac-")
    atexit.register(shutil.rmtree, folder)
    return write_item(folder, observation(), convention)


def catalogue(folder: Path, *conventions: Convention) -> Path:
    """A catalogue of one observation a day, each by its convention."""
    written = [put(folder, convention, sensed=NOON + dt.timedelta(days=5 * day)) for day, convention in enumerate(conventions)]
    return write_catalogue(folder, written)


def edit(item: Path, change: Any) -> None:
    """Change the document of an item in place."""
    document = json.loads(item.read_text(encoding="utf-8"))
    change(document)
    item.write_text(json.dumps(document), encoding="utf-8")


def stac_source(path: Path | None = None, **changes: Any) -> Source:
    """What to read. changes: of the choice, `url`, `stac` (the section), `tiles`, `period`."""
    choice = {"bands": ("B4", "B11")}
    known = {entry.name for entry in fields(Choice)}
    choice.update({key: changes.pop(key) for key in list(changes) if key in known})
    options: dict[str, Any] = {"period": changes.pop("period", YEAR), "tiles": changes.pop("tiles", ("31TCJ",))}
    options.update({key: changes.pop(key) for key in ("url", "stac") if key in changes})
    return Source("s2", path or Path(), STAC, Choice(**choice), options=options, **changes)


def items(path: Path | None = None, **changes: Any) -> list[Product | SetAside]:
    """Products and set-aside entries of a source."""
    return find_stac(stac_source(path, **changes))


def one(path: Path | None = None, **changes: Any) -> Product:
    """The one product of a source."""
    (found,) = items(path, **changes)
    assert isinstance(found, Product), found
    return found


def stac_series(path: Path | None = None, **changes: Any) -> Series:
    """The one series of a source."""
    (found,) = discover(stac_source(path, **changes), Interval(), None).values()
    return found


def stac_cube(path: Path | None = None, **changes: Any) -> Cube:
    """All pixels of the one series of a source."""
    return read_cube(stac_series(path, **changes), ALL)
