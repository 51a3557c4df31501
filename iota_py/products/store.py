"""A store of acquisitions as they are read: each observation decoded, masked and on the grid of its tile, once for all runs that ask.

An observation is two files: its bands, int16, and where it is usable, uint8. Their names hold a digest of all that decides their
content, so several runs may share a folder, and a product that is delivered anew has new files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from iota_py.products.pixels import MISSING
from iota_py.products.product import Layer, MaskLayer, Product, Series, series_document

BLOCK = 512  # pixels on a side of the tiles of a file
UNUSABLE, OFF_SWATH = 1, 2  # bits


def observation_key(series: Series, index: int, code: str) -> str:
    """Digest of what decides one observation: its products, how they are read, onto which grid, and `code`, that of the reading itself."""
    document = series_document(replace(series, observations=(series.observations[index],), set_aside=(), input=""))
    return hashlib.sha256(json.dumps([document, code], sort_keys=True).encode()).hexdigest()[:32]


def stored_files(folder: Path, tile: str, key: str) -> tuple[Path, Path]:
    """Files of an observation: bands, and where it is usable."""
    place = folder / tile / key[:2]
    return place / f"{key}_bands.tif", place / f"{key}_usable.tif"


def unstored(series: Series, folder: Path, code: str) -> tuple[int, ...]:
    """Numbers of the observations that the store lacks."""
    keys = (observation_key(series, index, code) for index in range(len(series.observations)))
    return tuple(index for index, key in enumerate(keys) if not all(file.exists() for file in stored_files(folder, series.tile, key)))


def stored_series(series: Series, folder: Path, code: str) -> Series:
    """The same series, read from the store: the same dates and the same numbers where they are usable."""
    return replace(series, observations=tuple((_stored(series, index, folder, code),) for index in range(len(series.observations))))


def _stored(series: Series, index: int, folder: Path, code: str) -> Product:
    first = series.observations[index][0]
    key = observation_key(series, index, code)
    bands, usable = (str(path) for path in stored_files(folder, series.tile, key))
    return replace(
        first,
        bands={band: Layer(bands, number) for number, band in enumerate(series.bands, start=1)},
        masks=(MaskLayer(Layer(usable), bits=UNUSABLE), MaskLayer(Layer(usable), bits=OFF_SWATH, footprint=True)),
        nodata=float(MISSING),
        valid_range=None,
        fingerprint=((key, 0, 0),),
    )
