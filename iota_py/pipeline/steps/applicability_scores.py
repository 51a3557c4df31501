"""How much of the map is inside the area of applicability, how models do inside and outside, and how far folds and pixels are from samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.applicability.cells import Cells
from iota_py.applicability.distances import PIXELS, SAMPLES, held_out_distances, likeness, nearest_of, nearest_other
from iota_py.assessment.applicability import FOLD_COLUMNS, accuracy_document, area_document, area_table, fold_means, fold_row
from iota_py.grid.area import pixel_hectares
from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.publish import read_json, write_json
from iota_py.io.raster import open_raster, read_part
from iota_py.io.tables import write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.models.applicability import DESCRIPTION, read_space, spaces_of
from iota_py.pipeline.models.votes import region_labels
from iota_py.pipeline.reference.regions import source_region
from iota_py.pipeline.reference.splits import in_metres
from iota_py.pipeline.steps.crossval import folds_of, region_samples
from iota_py.pipeline.steps.held_out import held_out_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions
from iota_py.samples.split import LEARNING, generator

BLOCK = 2048
_PIXEL_STREAM = (0, 0, 23)  # no region and no class has number 0
_RASTERS = (paths.map_layer("classification"), paths.APPLICABLE, paths.DISSIMILARITY)


def write_applicability(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/applicability.json`; `.csv`, a row for each region and class; `_folds.csv`, a row for each region, kind and fold."""
    counts, mapped = np.zeros(_shape(ws), np.int64), {}
    for window, found in _counts(ws):
        counts += found
        mapped[window] = int(found.sum())
    areas = area_table(counts, ws.region_names, ws.nomenclature, pixel_hectares(ws.grid))
    pixels = _drawn_pixels(ws, mapped, params["pixels"], params["seed"])
    feature: dict[str, list[np.ndarray]] = {SAMPLES: [], PIXELS: [pixels["index"].to_numpy(np.float64)]}
    ground: dict[str, list[np.ndarray]] = {SAMPLES: [], PIXELS: []}
    rows: list[tuple[Any, ...]] = []
    for region in ws.region_names:
        if not params["kinds"]:
            break
        own = _Learnt.of(ws, source_region(ws, region, 0), params["kinds"], params)
        if own is None:
            continue
        here = pixels[pixels.region == region]
        if len(here):
            ground[PIXELS].append(nearest_of(here[["x", "y"]].to_numpy(), own.places))
        if own.region == region:
            rows += _of_region(ws, own, params["scored"], feature, ground)
    folds = pd.DataFrame(rows, columns=FOLD_COLUMNS).astype(dict.fromkeys(FOLD_COLUMNS[4:], float))
    document = {
        "models": [read_json(ws.path(paths.space(region, run)) / DESCRIPTION) for region in ws.region_names for run in range(ws.runs)],
        "area": area_document(areas),
        "accuracy": _accuracy(ws, params),
        "folds": fold_means(folds),
        "block": params["block"],
        "distances": {"feature": _likeness(feature), "ground": _likeness(ground)},
    }
    write_json(ws.path(paths.APPLICABILITY), document)
    write_csv(ws.path(paths.APPLICABILITY_AREAS), areas)
    write_csv(ws.path(paths.APPLICABILITY_FOLDS), folds)


def _likeness(found: Mapping[str, list[np.ndarray]]) -> dict[str, Any]:
    return likeness({name: np.concatenate(parts) for name, parts in found.items() if parts})


def _shape(ws: Workspace) -> tuple[int, int, int]:
    return max(ws.region_names) + 1, 256, 2


def _counts(ws: Workspace) -> Iterator[tuple[Window, np.ndarray]]:
    """Windows of the map with their pixels by region, class, and outside or inside."""
    shape = _shape(ws)
    for window, region, (code, inside, _) in _windows(ws, list(split(ws.grid.shape, (BLOCK, BLOCK)))):
        known = _known(code, inside, region)
        place = np.ravel_multi_index((region[known], code[known], inside[known]), shape)
        yield window, np.bincount(place, minlength=int(np.prod(shape))).reshape(shape)


def _known(code: np.ndarray, inside: np.ndarray, region: np.ndarray) -> np.ndarray:
    return (code > 0) & (inside <= 1) & (region > 0)


def _windows(ws: Workspace, windows: list[Window]) -> Iterator[tuple[Window, np.ndarray, tuple[np.ndarray, ...]]]:
    """Windows of the map with the region of each pixel, and the values of _RASTERS."""
    frames, names = ws.regions(crs_text(ws.grid)), [str(ws.path(name)) for name in _RASTERS]
    with open_raster(names[0]) as classes, open_raster(names[1]) as inside, open_raster(names[2]) as index:
        for window in windows:
            values = tuple(read_part(dataset, name, window, 1) for dataset, name in zip((classes, inside, index), names))
            yield window, burn_regions(frames, window.of(ws.grid)), values


def _drawn_pixels(ws: Workspace, mapped: Mapping[Window, int], most: int, seed: int) -> pd.DataFrame:
    """Pixels of the map drawn at random, each with the same chance: `region`, `index`, and `x`, `y` in metres.

    mapped: pixels of each window that may be drawn, in the order of the map.
    """
    total = sum(mapped.values())
    drawn = np.sort(generator(seed, *_PIXEL_STREAM).choice(total, min(most, total), replace=False, shuffle=False))
    ends = np.cumsum(list(mapped.values()))
    number = np.searchsorted(ends, drawn, side="right")
    windows, found = list(mapped), []
    wanted = [windows[k] for k in np.unique(number)]
    for k, (window, region, (code, inside, index)) in zip(np.unique(number), _windows(ws, wanted)):
        rank = drawn[number == k] - (ends[k] - mapped[window])
        rows, cols = (axis[rank] for axis in np.nonzero(_known(code, inside, region)))
        x, y = ws.grid.transform * (window.col + cols + 0.5, window.row + rows + 0.5)
        found.append(pd.DataFrame({"region": region[rows, cols], "index": index[rows, cols] / 1000, "x": x, "y": y}))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["region", "index", "x", "y"], dtype=float)
    places = in_metres(gpd.GeoSeries(gpd.points_from_xy(table.x, table.y), crs=crs_text(ws.grid)))
    return table.assign(x=places.x.to_numpy(), y=places.y.to_numpy())


@dataclass(frozen=True, eq=False)
class _Learnt:
    """Samples of a region that learn in the first draw. places: (sample, 2) metres. folds: kind -> fold of each sample, below 0: always learnt."""

    region: int
    samples: pd.DataFrame
    places: np.ndarray
    folds: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, ws: Workspace, region: int, kinds: list[str], params: Mapping[str, Any]) -> _Learnt | None:
        """None where the region has none of its own."""
        every = region_samples(ws, region)
        learns = (every.run_0 == LEARNING).to_numpy()
        if learns.sum() < 2:
            return None
        settings = {**params, "region": region}
        folds = {kind: every.polygon.map(folds_of(ws, every, {**settings, "kind": kind})).to_numpy()[learns] for kind in kinds}
        samples = every[learns].reset_index(drop=True)
        return cls(region, samples, _places(ws, samples), folds)


def _places(ws: Workspace, samples: pd.DataFrame) -> np.ndarray:
    """Places of samples (`tile`, `x`, `y`) in metres, in the CRS that the pixels of the map have."""
    out = np.empty((len(samples), 2))
    for tile, group in samples.groupby("tile", sort=True):
        points = gpd.GeoSeries(gpd.points_from_xy(group.x, group.y), crs=crs_text(ws.geobox(str(tile)))).to_crs(crs_text(ws.grid))
        points = in_metres(points)
        out[group.index] = np.column_stack([points.x, points.y])
    return out


def _of_region(
    ws: Workspace, own: _Learnt, scored: bool, feature: dict[str, list[np.ndarray]], ground: dict[str, list[np.ndarray]]
) -> Iterator[tuple[Any, ...]]:
    """Rows of the folds of a region; its distances are added to those of the features and of the ground."""
    space = read_space(ws, own.region, 0)
    points = space.axes.points(np.ascontiguousarray(own.samples[list(ws.feature_names)].to_numpy(np.int16)))
    cells, alone = Cells.of(points), np.arange(len(points))
    feature[SAMPLES].append(cells.apart(points, alone, alone, space.visited) / space.mean_distance)
    ground[SAMPLES].append(nearest_other(own.places))
    for kind, fold in own.folds.items():
        single = np.where(fold < 0, len(fold) + alone, fold)  # what no fold holds out always learns
        index = cells.apart(points, single, single, space.visited) / space.mean_distance
        metres = held_out_distances(own.places, fold)
        feature.setdefault(kind, []).append(index[fold >= 0])
        ground.setdefault(kind, []).append(metres)
        for number in np.unique(fold[fold >= 0]).tolist():
            held = fold == number
            place = ws.region_names[own.region], kind, number
            accuracy = _accuracy_of_fold(ws, own.region, kind, number) if scored else None
            yield fold_row(place, index[held], space.threshold, metres[held], accuracy)


def _accuracy_of_fold(ws: Workspace, region: int, kind: str, fold: int) -> float | None:
    """Overall accuracy of a fold of the cross-validation; None where it has none."""
    path = ws.path(paths.crossed(region, kind, fold))
    matrix = read_json(path)["confusion"] if path.exists() else None
    return None if matrix is None else float(np.trace(matrix) / np.sum(matrix))


def _accuracy(ws: Workspace, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """How often the models are right inside and outside, on validation samples; None where there are none."""
    if not ws.config.samples.places and ws.config.samples.table is None:
        return None
    ratios, right = [np.empty(0)], [np.empty(0, bool)]
    for region in ws.region_names:
        for run, space in enumerate(spaces_of(ws, region)):
            samples = held_out_samples(ws, region, run, params["held_out"], params["seed"] + run)
            if len(samples):
                features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
                ratios.append(space.index(features) / space.threshold)
                right.append(region_labels(ws, region, run, features) == samples.code.to_numpy(np.uint8))
    return accuracy_document(np.concatenate(ratios), np.concatenate(right))
