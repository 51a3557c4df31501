"""What is kept of the features of a region beside its models: of the learning samples, and of pixels drawn from its map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from iota_py.grid.windows import Window, crs_text
from iota_py.io.publish import write_bytes
from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.models.profiles import RegionProfile, write_profile_file
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.profile import profile_of
from iota_py.samples.candidates import burn_regions
from iota_py.samples.places import PER_WINDOW, drawn_positions, scattered_windows


def write_pixels(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/pixels.parquet`: clear pixels of the tile drawn for each of its regions, with `row`, `col`, `region` and their features.

    The places depend on the seed, the tile and the regions alone, so that another year finds the same ones.
    """
    tile, names = params["tile"], list(ws.feature_names)
    places = sorted(_places(ws, params), key=lambda place: place[0])  # row by row: files in strips are decoded once
    found = [_clear_pixels(ws, tile, window, positions, region) for window, positions, region in places]
    keys = np.concatenate([one for one, _ in found]) if found else np.zeros((0, 3), np.int32)
    features = np.concatenate([one for _, one in found]) if found else np.zeros((0, len(names)), np.int16)
    table = pd.concat([pd.DataFrame(keys, columns=["row", "col", "region"]), pd.DataFrame(features, columns=names)], axis=1)
    write_table(ws.path(paths.pixels(tile)), table.sort_values(["row", "col"], ignore_index=True))


def write_profile(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/profile_region_<r>.npz`: profiles of the learning samples of the first draw, and of the pixels; or that of the models reused."""
    region, names = params["region"], ws.feature_names
    path = ws.path(paths.profile(region))
    if params.get("copied"):
        write_bytes(path, Path(params["file"]).read_bytes())
        return
    samples = learning_samples(ws, region, 0, augment=False)
    pixels = None if params["tiles"] is None else profile_of(region_pixels(ws, region, params["tiles"]), names)
    write_profile_file(path, RegionProfile(ws.region_names[region], profile_of(samples[list(names)].to_numpy(np.int16), names), pixels))


def region_pixels(ws: Workspace, region: int, tiles: list[str]) -> np.ndarray:
    """Features int16 (pixel, feature) of the pixels drawn for a region, tile after tile."""
    names, found = list(ws.feature_names), [np.zeros((0, len(ws.feature_names)), np.int16)]
    for tile in tiles:
        table = read_table(ws.path(paths.pixels(tile)))
        found.append(table.loc[table.region == region, names].to_numpy(np.int16))
    return np.concatenate(found)


def _places(ws: Workspace, params: Mapping[str, Any]) -> list[tuple[Window, np.ndarray, np.ndarray]]:
    """Windows with the positions drawn in each, and the regions of these, until every region has the pixels that it should."""
    tile, seed = params["tile"], params["seed"]
    left = {int(region): int(pixels) for region, pixels in params["quotas"]}
    chosen = []
    for window in scattered_windows(ws.geobox(tile).shape, seed, tile):
        if not any(left.values()):
            break
        box = window.of(ws.geobox(tile))
        owned = owned_part(ws, tile, window, params["margin"])
        if not owned.any():
            continue
        here = np.where(owned, burn_regions(ws.regions(crs_text(box)), box), 0).ravel()
        drawn = [np.zeros(0, np.int64)]
        for region in sorted(left):
            drawn.append(drawn_positions(here == region, min(PER_WINDOW, left[region]), seed, tile, window))
            left[region] -= len(drawn[-1])
        positions = np.sort(np.concatenate(drawn))
        if len(positions):
            chosen.append((window, positions, here[positions]))
    return chosen


def _clear_pixels(ws: Workspace, tile: str, window: Window, positions: np.ndarray, region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row, column and region int32 (pixel, 3) and features int16 (pixel, feature) of those positions that the map has a class for."""
    observed, validity = ws.observe(tile, window)
    clear = validity[positions] > 0
    positions, region = positions[clear], region[clear]
    keys = np.stack([window.row + positions // window.width, window.col + positions % window.width, region], axis=1)
    return keys.astype(np.int32), features_of([one.part(positions) for one in observed]) if len(positions) else np.zeros(
        (0, len(ws.feature_names)), np.int16
    )
