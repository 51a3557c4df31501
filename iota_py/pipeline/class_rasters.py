"""Rasters of classes as they are delivered: palette, raster attribute table, QGIS styles, all from one nomenclature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.area import pixel_hectares
from iota_py.grid.windows import Window
from iota_py.io.assembly import write_map
from iota_py.io.parts import Layout
from iota_py.io.publish import write_text
from iota_py.nomenclature import Nomenclature
from iota_py.nomenclature.attribute_table import attribute_table, sidecar
from iota_py.pipeline import paths

ENGLISH = ("en",)
CLASSES = Layout("uint8", 1, "mode", 0)


def write_class_map(
    path: Path, grid: GeoBox, classes: Nomenclature, blocks: Iterable[tuple[Window, np.ndarray]], languages: Sequence[str] = ENGLISH
) -> np.ndarray:
    """Publish a raster of classes, uint8, 0 no data, as cloud-optimised GeoTIFF; its styles and its attribute table are there before it.

    blocks: as of write_cog, each pixel once. languages: of the styles; the first has the plain name, others theirs (`.fr.qml`). Returns the
    pixels of each value, int64 (256,).
    """
    counts = np.zeros(256, np.int64)

    def counted() -> Iterator[tuple[Window, np.ndarray]]:
        for window, values in blocks:
            counts[:] += np.bincount(values.ravel(), minlength=256)
            yield window, values

    def finish(dataset: Any) -> None:
        palette(classes)(dataset)
        write_companions(path, grid, classes, counts, languages)

    write_map(path, grid, CLASSES, counted(), finish)
    return counts


def write_companions(path: Path, grid: GeoBox, classes: Nomenclature, counts: np.ndarray, languages: Sequence[str] = ENGLISH) -> None:
    """Styles and attribute table of a raster of classes. counts: pixels of each value, int64 (256,)."""
    for language, name in zip(languages, paths.in_languages(str(path.with_suffix(".qml")), languages)):
        write_text(name, classes.qgis_style(language))
    write_text(sidecar(path), attribute_table(classes.classes, counts, pixel_hectares(grid)))


def palette(nomenclature: Nomenclature) -> Callable[[Any], None]:
    """What gives a class raster its colours and the name of its band, once its pixels are written."""

    def colour(dataset: Any) -> None:
        dataset.write_colormap(1, nomenclature.colormap())
        dataset.set_band_description(1, f"class, nomenclature {nomenclature.name}")

    return colour
