"""What the headers of a product give away before its pixels are read: files never filled, bands of another resolution, numbers of another scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import Window
from iota_py.io.raster import RasterHeader, read_window
from iota_py.io.remote import is_remote
from iota_py.io.virtual import plain_name
from iota_py.products.family import Family, load_family
from iota_py.products.product import Layer, Product
from iota_py.products.stored import known

PROBE = 256  # pixels on a side of the window in the middle, of which numbers are looked at
SHARE = 2.0  # reflectances are below, stored numbers of anything but darkness above
_DESCRIBED = ("raster", "series")  # readers of files whose numbers and sizes only a configuration knows
_AGAIN = "download the product again"


def check_written(headers: Mapping[str, RasterHeader]) -> None:
    """Raise InputError where a file has no pixels: it would be read as zeros. Where it says its nodata, that is what is read, and all is well."""
    for path, header in headers.items():
        if not header.written and header.nodata is None:
            text = "none of its blocks was ever written: its copy or its making was interrupted"
            raise InputError(Fault("E-PRD-068", plain_name(path), "", text, _AGAIN))


def check_sizes(product: Product, headers: Mapping[str, RasterHeader]) -> None:
    """Raise InputError where two bands that the family delivers at one resolution have pixels of two sizes."""
    family = _family(product)
    if family is None:
        return
    first: dict[float, tuple[str, float]] = {}
    for band, layer in product.bands.items():
        size = abs(headers[layer.path].geobox.transform.a)
        if band in family.bands:
            other, expected = first.setdefault(family.bands[band].resolution, (band, size))
            if abs(size - expected) > 1e-6 * expected:
                text = f"pixels of {size:g}, and those of {other}, which has the same, are of {expected:g}"
                raise InputError(Fault("E-PRD-010", plain_name(layer.path), band, text, _AGAIN))


def check_numbers(product: Product, headers: Mapping[str, RasterHeader]) -> None:
    """Raise InputError where a band of decimal numbers holds reflectances in place of stored numbers, as the middle of the file tells."""
    for band, layer in _decimal(product, headers):
        rows, cols = (int(side) for side in headers[layer.path].geobox.shape)
        height, width = min(PROBE, rows), min(PROBE, cols)
        values = read_window(layer.path, Window((rows - height) // 2, (cols - width) // 2, height, width), layer.index)
        there = values[known(values, product.valid_range, () if product.nodata is None else (product.nodata,)) & (values != 0)]
        if there.size and np.abs(there).max() < SHARE:
            text = f"expected stored numbers up to {_top(product):g}, found decimal numbers up to {there.max():.3g}"
            raise InputError(
                Fault("E-PRD-069", plain_name(layer.path), band, text, "store them as the family does, or read them as raster-series")
            )


def remarked(product: Product, headers: Mapping[str, RasterHeader]) -> Product:
    """The product, with a warning about bands of decimal numbers."""
    bands = [band for band, _ in _decimal(product, headers)]
    if not bands:
        return product
    return replace(product, warnings=(*product.warnings, f"decimal numbers in {', '.join(bands)}: rounded to whole ones"))


def _decimal(product: Product, headers: Mapping[str, RasterHeader]) -> Iterable[tuple[str, Layer]]:
    """Bands of a family of stored numbers in files of decimal ones."""
    if _family(product) is None or _top(product) < 100:
        return []
    return [(band, x) for band, x in product.bands.items() if headers[x.path].dtype.startswith("float") and not is_remote(x.path)]


def _top(product: Product) -> float:
    return product.valid_range[1] if product.valid_range is not None and np.isfinite(product.valid_range[1]) else 0.0


def _family(product: Product) -> Family | None:
    """The family of a product of reflectances, None where it cannot tell sizes and numbers."""
    family = load_family(product.family)
    return None if family.reader in _DESCRIBED or family.kind != "optical" else family
