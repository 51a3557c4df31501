"""Layers of the map made of probabilities, put together from those of the tiles; and what the fusion at the borders of regions changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.assembly import write_map
from iota_py.io.parts import Layout
from iota_py.io.publish import write_json, write_text
from iota_py.io.raster import open_raster, read_part
from iota_py.io.tables import write_csv
from iota_py.mapping.boundary import SHIFT, border_pairs, class_change
from iota_py.mapping.mosaic import TileLayer, TileRasters, mosaic_blocks, owned_blocks
from iota_py.mapping.shares import NODATA, WHOLE
from iota_py.nomenclature import LandCoverClass, Nomenclature, ramp_style
from iota_py.pipeline import paths
from iota_py.pipeline.class_rasters import write_class_map
from iota_py.pipeline.models.members import UNFUSED
from iota_py.pipeline.models.run_votes import run_vote
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.steps.applicability_layers import write_applicability_layers
from iota_py.pipeline.steps.set_size import write_set_size
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions

BLOCK = 2048


def write_map_layer(ws: Workspace, params: Mapping[str, Any]) -> None:
    """The layer that the task names, on the grid of the map."""
    if params["layer"] == "probabilities":
        _write_probabilities(ws)
    elif params["layer"] == "uncertainty":
        _write_uncertainty(ws, params["measure"], params["place"])
    elif params["layer"] == "set_size":
        write_set_size(ws, _thousandths(ws, TileLayer("set_size", "uint16", 1, NODATA)))
    elif params["layer"] == "applicability":
        write_applicability_layers(ws)
    else:
        _write_boundary(ws)


def _write_probabilities(ws: Workspace) -> None:
    """`map/probabilities.tif`: uint16, a band for each class in ascending code, thousandths that add up to 1000; 65535 no data."""
    codes = known_codes(ws)
    names = [ws.nomenclature[code].alias for code in codes]
    blocks = _thousandths(ws, TileLayer("probabilities", "uint16", len(codes), NODATA))
    write_map(ws.path(paths.PROBABILITIES), ws.grid, Layout("uint16", len(codes), "average", NODATA), blocks, _scaled(names))


def _write_uncertainty(ws: Workspace, measure: str, place: int) -> None:
    """`map/uncertainty_<measure>.tif`, uint16, thousandths, 65535 no data; and its style."""
    path = ws.path(paths.uncertainty(measure))
    blocks = _thousandths(ws, TileLayer("uncertainty", "uint16", 1, NODATA), place + 1)
    words = measure.replace("_", " ")
    write_map(path, ws.grid, Layout("uint16", 1, "average", NODATA), blocks, _scaled([words]))
    write_text(path.with_suffix(".qml"), ramp_style(0, WHOLE, f"{words}, thousandths"))


def _thousandths(ws: Workspace, layer: TileLayer, band: int = 1) -> Iterator[tuple[Window, np.ndarray]]:
    """Blocks of a layer of the tiles. band: that of a layer of one band."""
    name = layer.name
    tiles = [
        TileRasters(ws.geobox(tile), ws.path(paths.footprint(tile)), {name: ws.path(paths.tile_layer(tile, name))}, {name: band})
        for tile in ws.tiles
    ]
    return ((window, values[0]) for window, values in owned_blocks(ws.grid, tiles, [layer]))


def _scaled(names: list[str]) -> Any:
    """What gives bands their names and their scale, once the pixels are written."""

    def finish(dataset: Any) -> None:
        dataset.scales = [1 / WHOLE] * len(names)
        dataset.offsets = [0.0] * len(names)
        for band, name in enumerate(names, 1):
            dataset.set_band_description(band, name)

    return finish


def _write_boundary(ws: Workspace) -> None:
    """The map as it would be without fusion at the borders; classes before and after; and how much that is, by classes and in all."""
    _write_unfused(ws)
    before, after = (str(ws.path(paths.map_layer(layer))) for layer in (UNFUSED[0], "classification"))
    pairs: Counter[int] = Counter()
    with open_raster(before) as old, open_raster(after) as new:

        def blocks() -> Iterator[tuple[Window, np.ndarray]]:
            for window in split(ws.grid.shape, (BLOCK, BLOCK)):
                change = class_change(read_part(old, before, window, 1), read_part(new, after, window, 1))
                values, counts = np.unique(change[change > 0], return_counts=True)
                pairs.update(dict(zip(values.tolist(), counts.tolist())))
                yield window, change

        path = ws.path(paths.BOUNDARY_CHANGE)
        write_map(path, ws.grid, Layout("uint32", 1, "nearest", 0), blocks(), _named)
        summary = _discontinuity(ws, (before, old), (after, new))
    write_text(path.with_suffix(".qml"), _change_legend(ws.nomenclature, pairs).qgis_style())
    hectare = abs(ws.grid.transform.a * ws.grid.transform.e) / 10_000
    table = change_table(pairs, ws.nomenclature, hectare)
    write_csv(ws.path(paths.BOUNDARY), table)
    mixed = sum(int(values[0].sum(dtype=np.int64)) for _, values in mosaic_blocks(ws.grid, _buffers(ws), ["buffers"]))
    changed = int(table.pixels.sum())
    sums = {"buffer_pixels": mixed, "buffer_hectares": mixed * hectare, "changed_pixels": changed, "changed_hectares": changed * hectare}
    write_json(ws.path(paths.BOUNDARY_SUMMARY), sums | {"discontinuity": summary})


def _write_unfused(ws: Workspace) -> None:
    """Classes and confidence of the vote of the draws, as they would be without fusion at the borders."""
    keys = [f"{layer}_run_{run}" for layer in UNFUSED for run in range(ws.runs)]
    tiles = [
        TileRasters(ws.geobox(tile), ws.path(paths.footprint(tile)), {key: ws.path(f"tiles/{tile}/{key}.tif") for key in keys})
        for tile in ws.tiles
    ]
    vote = run_vote(ws)

    def blocks(position: int) -> Iterator[tuple[Window, np.ndarray]]:
        for window, values in mosaic_blocks(ws.grid, tiles, keys):
            yield window, vote(values[: ws.runs], values[ws.runs :])[position]

    write_class_map(ws.path(paths.map_layer(UNFUSED[0])), ws.grid, ws.nomenclature, blocks(0), ws.config.languages)
    path = ws.path(paths.map_layer(UNFUSED[1]))
    write_map(path, ws.grid, Layout("uint8", 1, "average", 0), blocks(1))
    write_text(path.with_suffix(".qml"), ramp_style(0, 100, "%"))


def change_table(pairs: Mapping[int, int], classes: Nomenclature, hectare: float) -> pd.DataFrame:
    """One row for each pair of classes, the most frequent first: codes and names before and after, pixels, hectares. hectare: of a pixel."""
    rows = []
    for value, pixels in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        before, after = divmod(value, SHIFT)
        names = [_name(classes, code) for code in (before, after)]
        rows.append((before, names[0], after, names[1], pixels, pixels * hectare))
    return pd.DataFrame(rows, columns=["before", "name_before", "after", "name_after", "pixels", "hectares"])


def _name(classes: Nomenclature, code: int) -> str:
    return classes[code].label() if code else "no data"


def _named(dataset: Any) -> None:
    dataset.set_band_description(1, f"class before × {SHIFT} + class after, 0 where they are the same")


def _change_legend(classes: Nomenclature, pairs: Mapping[int, int]) -> Nomenclature:
    """The changes with the colour of the class after."""
    entries = []
    for value in sorted(pairs):
        before, after = divmod(value, SHIFT)
        label = f"{_name(classes, before)} → {_name(classes, after)}"
        entries.append(LandCoverClass(value, f"change_{value}", {"en": label}, classes[after].colour if after else (255, 255, 255)))
    return Nomenclature("change", tuple(entries))


def _buffers(ws: Workspace) -> list[TileRasters]:
    return [
        TileRasters(ws.geobox(tile), ws.path(paths.footprint(tile)), {"buffers": ws.path(paths.tile_layer(tile, "buffers"))})
        for tile in ws.tiles
    ]


def _discontinuity(ws: Workspace, *maps: tuple[str, Any]) -> dict[str, Any]:
    """Pairs of neighbouring pixels across the borders, and the share of them whose classes differ, without and with fusion."""
    regions = ws.regions(crs_text(ws.grid))
    found = np.zeros((2, 2), np.int64)
    height, width = ws.grid.shape
    for window in split(ws.grid.shape, (BLOCK, BLOCK)):
        bottom, right = min(height, window.row + window.height + 1), min(width, window.col + window.width + 1)
        wider = Window(window.row, window.col, bottom - window.row, right - window.col)
        region = burn_regions(regions, wider.of(ws.grid))
        if (region != region[0, 0]).any():
            last = window.row + window.height == height, window.col + window.width == width
            found += [border_pairs(region, read_part(dataset, path, wider, 1), *last) for path, dataset in maps]
    shares = {
        name: None if not pairs else differ / pairs for name, (pairs, differ) in zip(("without_fusion", "with_fusion"), found.tolist())
    }
    return {"pairs_across_borders": int(found[0, 0]), **shares}
