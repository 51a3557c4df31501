"""Layers of where the models apply: of a window, of a tile, of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.grid.windows import Window, whole
from iota_py.io.assembly import write_map
from iota_py.io.parts import Layout
from iota_py.io.publish import write_text
from iota_py.io.raster import write_raster
from iota_py.mapping.mosaic import TileLayer, TileRasters, owned_blocks
from iota_py.nomenclature import LandCoverClass, ramp_style
from iota_py.nomenclature.styles import class_style
from iota_py.pipeline import paths
from iota_py.pipeline.models.applicability import BANDS, NODATA, read_space
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace

UNKNOWN = 255  # in the layer of inside and outside
COLOURS = {1: (0, 114, 178), 0: (213, 94, 0)}  # told apart with every kind of colour vision
_NAMES = {
    1: {"en": "the models apply", "fr": "modèles applicables"},
    0: {"en": "outside their area of applicability", "fr": "hors du domaine d'applicabilité"},
}


def write_window_seen(ws: Workspace, tile: str, window: Window, layers: np.ndarray, mapped: np.ndarray) -> None:
    """The window's file: layers uint16 (band, row, col) as of `Seen`; without data where `mapped` (row, col) is False."""
    box, out = window.of(ws.geobox(tile)), np.full((len(BANDS), *window.shape), NODATA, np.uint16)
    out[:, mapped] = layers[:, mapped]
    write_raster(
        ws.path(paths.window_applicability(tile, window.row, window.col)), box, "uint16", [(whole(box.shape), out)], count=len(out)
    )


def write_tile_seen(ws: Workspace, tile: str, windows: Sequence[Window], options: Mapping[str, Any]) -> None:
    """`tiles/<tile>/applicability.tif` from the windows, where the map has these layers."""
    if ws.config.map is None or ws.config.map.applicability is None:
        return

    def path_of(window: Window) -> Path:
        return ws.path(paths.window_applicability(tile, window.row, window.col))

    bands = list(range(1, len(BANDS) + 1))
    strips = full_width_strips(ws.geobox(tile), windows, path_of, bands, options["blockysize"], np.asarray(NODATA, np.uint16))
    planar = {**options, "nodata": NODATA, "interleave": "band"}
    write_raster(ws.path(paths.tile_layer(tile, "applicability")), ws.geobox(tile), "uint16", strips, count=len(bands), options=planar)


def write_applicability_layers(ws: Workspace) -> None:
    """`map/dissimilarity.tif`: uint16, the index in thousandths, mean over the draws, at most 65534; 65535 no data. `map/applicability.tif`: uint8,
    1 where most of the draws apply, 0 where not, 255 no data. And their styles."""
    path = ws.path(paths.DISSIMILARITY)
    write_map(path, ws.grid, Layout("uint16", 1, "average", NODATA), _band(ws, 1), _scaled)
    write_text(path.with_suffix(".qml"), ramp_style(0, 2000 * _threshold(ws), "dissimilarity, thousandths"))
    path = ws.path(paths.APPLICABLE)
    inside = ((window, applies(values)) for window, values in _band(ws, 2))
    write_map(path, ws.grid, Layout("uint8", 1, "mode", UNKNOWN), inside, _coloured)
    write_text(
        path.with_suffix(".qml"), class_style([LandCoverClass(k, f"v{k}", _NAMES[k], COLOURS[k]) for k in COLOURS], ws.config.languages[0])
    )


def applies(share: np.ndarray) -> np.ndarray:
    """1 where more than half of the draws apply, 0 where not, UNKNOWN without data; uint8, of thousandths of the draws."""
    return np.where(share == NODATA, UNKNOWN, share > 500).astype(np.uint8)


def _threshold(ws: Workspace) -> float:
    """Median of the thresholds of the models."""
    return float(np.median([read_space(ws, region, run).threshold for region in ws.region_names for run in range(ws.runs)]))


def _band(ws: Workspace, band: int) -> Iterator[tuple[Window, np.ndarray]]:
    tiles = [
        TileRasters(
            ws.geobox(tile), ws.path(paths.footprint(tile)), {"applicability": ws.path(paths.tile_layer(tile, "applicability"))}, {"applicability": band}
        )
        for tile in ws.tiles
    ]  # fmt: skip
    blocks = owned_blocks(ws.grid, tiles, [TileLayer("applicability", "uint16", 1, NODATA)])
    return ((window, values[0]) for window, values in blocks)


def _scaled(dataset: Any) -> None:
    dataset.scales, dataset.offsets = [1 / 1000], [0.0]
    dataset.set_band_description(1, "dissimilarity index")


def _coloured(dataset: Any) -> None:
    table = dict.fromkeys(range(256), (0, 0, 0, 0)) | {value: (*colour, 255) for value, colour in COLOURS.items()}
    dataset.write_colormap(1, table)
    dataset.set_band_description(1, "1 the models apply, 0 they do not")
