"""What the map of a draw says of pixels of the reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from iota_py.grid.windows import Window
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.steps.annual import predicted_annual
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION

ROWS = 2048


def mapped_pixels(ws: Workspace, run: int, layer: str = "classification") -> pd.DataFrame:
    """Validation pixels of a run with the class that the map, or that of a member, gives them."""
    selection = read_table(ws.path(paths.SELECTION), ["tile", "polygon", "code", "region", "row", "col", f"run_{run}"])
    pixels = selection[selection[f"run_{run}"] == VALIDATION].copy()
    pixels["mapped"] = at_pixels(ws, pixels, layer, run)
    if ws.config.samples.annual is None:
        return pixels
    lasting = pixels[~pixels.code.isin(annual_codes(ws.config, ws.nomenclature))]
    return pd.concat([lasting, predicted_annual(ws, run)[list(lasting.columns)]], ignore_index=True)


def at_pixels(ws: Workspace, pixels: pd.DataFrame, layer: str, run: int) -> pd.Series:
    """Values uint8 of a layer of a run at pixels of the tiles (`tile`, `row`, `col`)."""
    found = pd.Series(np.uint8(0), pixels.index, name=layer)
    for tile, group in pixels.groupby("tile", sort=True):
        path = str(ws.path(paths.tile_layer(str(tile), layer, run)))
        width = ws.geobox(str(tile)).shape[1]
        for start in range(0, int(group.row.max()) + 1, ROWS):
            band = group[(group.row >= start) & (group.row < start + ROWS)]
            if not band.empty:
                rows = int(band.row.max()) - start + 1
                values = read_window(path, Window(start, 0, rows, width))
                found.loc[band.index] = values[band.row - start, band.col]
    return found


def polygon_counts(pixels: pd.DataFrame, run: int, regions: Mapping[int, str]) -> pd.DataFrame:
    """Pixels of a run by polygon: `run`, `polygon`, `tile`, `region` (name), `code`, `mapped` (0: not classified), `pixels`, sorted by these.

    pixels: a row each, with `polygon`, `region` (number), `code`, `mapped` and, where they lie on a map, `tile`. regions: number -> name.
    """
    keys = ["run", "polygon", "tile", "region", "code", "mapped"]
    told = pixels if "tile" in pixels else pixels.assign(tile="")
    counts = told.groupby(keys[1:], sort=False).size().reset_index(name="pixels")
    named = counts.assign(run=run, region=counts.region.map(regions).astype(str), tile=counts.tile.astype(str))
    types = {"run": np.int16, "polygon": np.int64, "code": np.uint8, "mapped": np.uint8, "pixels": np.int64}
    return named[[*keys, "pixels"]].astype(types).sort_values(keys, ignore_index=True)
