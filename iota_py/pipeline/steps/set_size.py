"""The layer of the map that says how many classes are in the conformal set of a pixel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from iota_py.grid.windows import Window
from iota_py.io.assembly import write_map
from iota_py.io.parts import Layout
from iota_py.io.publish import write_text
from iota_py.mapping.shares import NODATA
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.workspace import Workspace

_COLOURS = ((237, 248, 233), (160, 210, 220), (65, 140, 190), (110, 60, 150), (60, 10, 80))  # one class to many, dark where undecided


def write_set_size(ws: Workspace, blocks: Iterable[tuple[Window, np.ndarray]]) -> None:
    """`map/set_size.tif`, uint8, classes in the set, 0 no data; and its style. blocks: uint16 of the grid of the map, NODATA where there is none."""
    sizes = ((window, np.where(values == NODATA, 0, values).astype(np.uint8)) for window, values in blocks)
    path = ws.path(paths.SET_SIZE)
    write_map(path, ws.grid, Layout("uint8", 1, "mode", 0), sizes, _named)
    write_text(path.with_suffix(".qml"), size_legend(len(known_codes(ws))).qgis_style())


def _named(dataset: Any) -> None:
    dataset.set_band_description(1, "classes in the conformal set")


def size_legend(classes: int) -> Nomenclature:
    """A colour for each size of a set, 1 to `classes`; all sizes from the fifth on have the darkest."""
    entries = [
        LandCoverClass(size, f"size_{size}", {"en": "1 class" if size == 1 else f"{size} classes"}, _COLOURS[min(size, len(_COLOURS)) - 1])
        for size in range(1, classes + 1)
    ]
    return Nomenclature("set_size", tuple(entries))
