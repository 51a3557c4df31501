"""Features of the learning pixels: only windows that hold one are read, each once for all runs and regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.grid.windows import split, window_size
from iota_py.io.raster import read_header
from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.models.members import members, seen_column
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING


def write_samples(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/features.parquet`: the pixels that learn in any run, their roles, and their features by name.

    Of another year those that validate too, for they are on no map. Not of annual classes, whose features are of another year.
    """
    tile = params["tile"]
    selection = read_table(ws.path(paths.SELECTION))
    roles = [f"run_{run}" for run in range(ws.runs)]
    wanted = (selection[roles] > 0) if params.get("season") else (selection[roles] == LEARNING)
    elsewhere = selection.code.isin(annual_codes(ws.config, ws.nomenclature))
    pixels = selection[(selection.tile == tile) & wanted.any(axis=1) & ~elsewhere].reset_index(drop=True)
    write_table(ws.path(paths.features(tile)), extract(ws, tile, pixels))


def extract(ws: Workspace, tile: str, pixels: pd.DataFrame) -> pd.DataFrame:
    """The pixels of a tile (`row`, `col`, any other columns) that have enough clear observations, with their features by name."""
    geobox, sources, names = ws.geobox(tile), ws.sources(tile), list(ws.feature_names)
    features = np.zeros((len(pixels), len(names)), np.int16)
    seen = np.zeros(len(pixels), bool)
    by_member = {member: np.zeros(len(pixels), bool) for member in members(ws)}
    first = sources[0].series.observations[0][0]
    block = read_header(next(iter(first.bands.values())).path).block
    for window in split(geobox.shape, window_size(geobox.shape, block, ws.config.engine.window_pixels)):
        rows, cols = pixels.row.to_numpy() - window.row, pixels.col.to_numpy() - window.col
        inside = (rows >= 0) & (rows < window.height) & (cols >= 0) & (cols < window.width)
        if inside.any():
            observed, validity = ws.observe(tile, window)
            position = rows[inside] * window.width + cols[inside]
            parts = [one.part(position) for one in observed]
            features[inside] = features_of(parts)
            for member, found in by_member.items():
                found[inside] = member.seen(parts)
            seen[inside] = validity[position] >= ws.config.samples.minimum_validity
    columns = pd.DataFrame({seen_column(member.name): found for member, found in by_member.items()}, index=pixels.index)
    return pd.concat([pixels, columns, pd.DataFrame(features, columns=names)], axis=1)[seen]
