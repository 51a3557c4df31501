"""The rules by which a region learns: what it takes from around it, from whom it borrows, and into how many parts it is divided."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from iota_py.config.regions import Regions, WeightDistance
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.io.publish import read_json, write_json
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_regions
from iota_py.pipeline.reference.management import fed_otherwise
from iota_py.pipeline.reference.splits import in_metres
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.folds import part_of_samples
from iota_py.samples.ledger import entries

HECTARE = 10_000.0
PLACES = ["tile", "polygon", "region", "code", "x", "y"]  # columns of samples that the rules of the regions look at
DISTANCE = "outside"  # column of the samples: metres from the region that learns from them
YEAR = "year"  # column of samples of several years, each of which numbers its own polygons


def region_faults(config: RunConfig) -> list[Fault]:
    """What is wrong with the rules of the regions, before any work."""
    rules = config.samples.regions
    if rules is None:
        return []
    faults = []
    if rules.maximum_area is not None and config.fusion is not None:
        text = "the members of a fusion and the parts of a divided region cannot vote together"
        faults.append(Fault("E-REG-008", config.name, "samples.regions.maximum_area", text, "leave one of them out"))
    if isinstance(rules.borrow, dict) and rules.path.exists():
        frame = load_regions(config)
        known = [] if frame is None else frame.name.tolist()
        for name in dict.fromkeys(name for pair in rules.borrow.items() for name in pair):
            if name not in known:
                text, fix = f"no region {name}", f"the regions are {', '.join(known)}"
                faults.append(Fault("E-REG-003", str(rules.path), "samples.regions.borrow", text, fix))
    return faults


def learning_rules(config: RunConfig) -> dict[str, Any]:
    """The rules that decide from which samples a region learns, as plain values; empty where there are none."""
    rules = config.samples.regions
    if rules is None:
        return {}
    content = rules.model_dump(mode="json", include={"borrow", "buffer", "weight_distance"})
    return {key: value for key, value in content.items() if value is not None}


def numbers_of_parts(config: RunConfig, regions: Iterable[tuple[int, str]], polygons: gpd.GeoDataFrame) -> tuple[tuple[int, int], ...]:
    """(region, parts) of each region that is divided, 2 parts and more: the least number that keeps each within the greatest area.

    regions: (index, name); polygons: clean, `region`. A region without polygons has the parts of the one that it will borrow from.
    """
    rules = config.samples.regions
    if rules is None or rules.maximum_area is None:
        return ()
    hectares = (in_metres(polygons).area / HECTARE).groupby(polygons.region).sum().to_dict()
    parts = {int(region): max(1, math.ceil(area / rules.maximum_area - 1e-9)) for region, area in hectares.items()}
    names = dict(regions)
    for region in names:
        if region not in parts:
            lender = _lender(config, names, region, set(parts) & set(names))
            parts[region] = parts[lender] if lender is not None else 1
    return tuple((region, count) for region, count in sorted(parts.items()) if count > 1 and region in names)


def model_folders(ws: Workspace, region: int) -> tuple[str, ...]:
    """Names of the models of a region: run after run, the parts of each run together."""
    parts = ws.parts.get(region, 1)
    return tuple(paths.model_part(region, run, part, parts) for run in range(ws.runs) for part in range(parts))


def settle_lenders(ws: Workspace, chosen: Mapping[int, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Which region borrows from which in every run, by name; written to `samples/borrowed.json` where regions may borrow.

    chosen: learning pixels of each run (`tile`, `region`, `x`, `y`). Raises InputError: E-SAM-008 a region has nothing to learn from,
    E-REG-004 nor has the one that it borrows from.
    """
    borrowed: dict[str, dict[str, str]] = {}
    names = ws.region_names
    for run, pixels in chosen.items():
        own = {int(region) for region in pixels.region.unique()}
        own |= fed_otherwise(ws, own, run)
        fed = own | {region for region in names if region not in own and not _around(ws, pixels, region).empty}
        for region in sorted(set(names) - fed):
            lender = _lender(ws.config, names, region, fed)
            _check_lender(ws, run, region, lender, fed)
            borrowed.setdefault(str(run), {})[names[region]] = names[lender or 0]
    rules = ws.config.samples.regions
    if rules is not None and rules.borrow is not None:
        write_json(ws.path(paths.BORROWED), borrowed)
    return borrowed


def _check_lender(ws: Workspace, run: int, region: int, lender: int | None, fed: set[int]) -> None:
    source, names = ws.config.samples.where, ws.region_names
    if lender is None:
        text = f"run {run} has no learning pixel in region {names[region]}, which the tiles touch"
        fix = "add polygons there, cut the region out of the regions file, or name under samples.regions.borrow the region that it learns from"
        raise InputError(Fault("E-SAM-008", source, "samples.regions", text, fix))
    if lender not in fed:
        text = f"run {run} has no learning pixel in region {names[region]}, nor in {names.get(lender, lender)} from which it borrows"
        raise InputError(Fault("E-REG-004", source, f"samples.regions.borrow.{names[region]}", text, "borrow from another region"))


def _lender(config: RunConfig, names: Mapping[int, str], region: int, candidates: set[int]) -> int | None:
    """The region that another learns from: the one named, or the nearest candidate by the centroid; None where there is none."""
    rules = config.samples.regions
    if rules is None or rules.borrow is None:
        return None
    if isinstance(rules.borrow, dict):
        lender = rules.borrow.get(names[region])
        return next((index for index, name in names.items() if name == lender), -1) if lender is not None else None
    frame = load_regions(config)
    if frame is None or not candidates:
        return None
    centres = in_metres(frame).set_index("region").geometry.centroid
    return min(sorted(candidates), key=lambda index: centres[region].distance(centres[index]))


def borrowed_by_run(ws: Workspace) -> dict[str, dict[str, str]]:
    """Content of `samples/borrowed.json`: run -> region -> region that it learns from."""
    rules = ws.config.samples.regions
    return dict(read_json(ws.path(paths.BORROWED))) if rules is not None and rules.borrow is not None else {}


def borrowed_sentences(ws: Workspace) -> list[str]:
    """What the reader must know of regions without samples of their own, one sentence for each pair."""
    found: dict[tuple[str, str], list[str]] = {}
    for run, pairs in sorted(borrowed_by_run(ws).items(), key=lambda item: int(item[0])):
        for pair in sorted(pairs.items()):
            found.setdefault(pair, []).append(run)
    every = ws.runs
    return [
        f"region {region} has no learning sample: it uses the model of {lender}"
        + (f" (run {', '.join(runs)})" if len(runs) < every else "")
        for (region, lender), runs in found.items()
    ]


def source_region(ws: Workspace, region: int, run: int) -> int:
    """The region whose samples a region learns from in a run: itself, or the one that it borrows from."""
    lender = borrowed_by_run(ws).get(str(run), {}).get(ws.region_names[region])
    return region if lender is None else next(index for index, name in ws.region_names.items() if name == lender)


def of_region(ws: Workspace, samples: pd.DataFrame, region: int) -> pd.DataFrame:
    """Samples that a region learns from: its own, and those of the buffer around it; metres outside in column DISTANCE.

    samples: `tile`, `region`, `x`, `y` in the CRS of their tile. Without a buffer the rows of the region, and no column more.
    """
    own = samples[samples.region == region]
    rules = ws.config.samples.regions
    if rules is None or rules.buffer is None:
        return own
    return pd.concat([own.assign(**{DISTANCE: 0.0}), _around(ws, samples, region)])


def _around(ws: Workspace, samples: pd.DataFrame, region: int) -> pd.DataFrame:
    """Samples of other regions at no more than the buffer from this one, with their distance in metres."""
    rules = ws.config.samples.regions
    found = [samples.iloc[:0].assign(**{DISTANCE: 0.0})]
    if rules is None or rules.buffer is None:
        return found[0]
    others = samples[samples.region != region]
    for tile, group in others.groupby("tile", sort=True):
        distance = distances(ws, str(tile), group.x.to_numpy(), group.y.to_numpy(), region)
        near = distance <= rules.buffer
        if rules.weight_distance is not None:
            near &= distance_weights(distance, rules.weight_distance) > 0
        found.append(group[near].assign(**{DISTANCE: distance[near]}))
    return pd.concat(found)


def buffer_entries(ws: Workspace, pixels: pd.DataFrame, run: int) -> pd.DataFrame:
    """Rows of the ledger: what each region takes from the buffer around it (pixels: as PLACES, those that learn in the run)."""
    around = pd.concat([_around(ws, pixels, region).assign(region=region) for region in ws.region_names])
    return entries("learning pixels from the buffer around the region", around, ws.region_names, ws.nomenclature, run)


def distances(ws: Workspace, tile: str, x: np.ndarray, y: np.ndarray, region: int) -> np.ndarray:
    """Metres from places in the CRS of a tile to a region, float64 (place,), 0 inside; infinite beyond the buffer where it is known."""
    crs = crs_text(ws.geobox(tile))
    frame = ws.regions(crs)
    assert frame is not None
    shape = in_metres(frame.geometry[frame.region == region]).iloc[0]
    points = in_metres(gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs))
    rules = ws.config.samples.regions
    reach = rules.buffer if rules is not None and rules.buffer is not None else math.inf
    left, bottom, right, top = shape.bounds
    px, py = points.x.to_numpy(), points.y.to_numpy()
    near = (px >= left - reach) & (px <= right + reach) & (py >= bottom - reach) & (py <= top + reach)
    result = np.full(len(points), math.inf)
    shapely.prepare(shape)
    result[near] = shapely.distance(shape, points.to_numpy()[near])
    return result


def weights(rules: Regions | None, samples: pd.DataFrame) -> np.ndarray | None:
    """Weight of each sample by its distance from the region that learns from it, float64 (sample,); None where all count alike.

    Samples copied from another region by a rule count as its own.
    """
    if rules is None or rules.weight_distance is None or DISTANCE not in samples.columns:
        return None
    return distance_weights(samples[DISTANCE].fillna(0).to_numpy(np.float64), rules.weight_distance)


def distance_weights(distance: np.ndarray, rule: WeightDistance) -> np.ndarray:
    """1 inside; outside 1 - d / metres, none below 0 (linear), or exp(-d / metres) (exponential)."""
    if rule.law == "linear":
        return np.clip(1 - distance / rule.metres, 0, 1)
    return np.exp(-distance / rule.metres)


def of_part(samples: pd.DataFrame, region: int, part: int, parts: int) -> pd.DataFrame:
    """Samples of one part of a region, as `samples.folds.part_of_samples` shares them out."""
    return samples[part_of_samples(samples, [YEAR] if YEAR in samples.columns else [], parts, region) == part]


def check_parts(ws: Workspace, chosen: Mapping[int, pd.DataFrame]) -> None:
    """Raise E-REG-005 when a part of a region would learn fewer than two classes in a run."""
    for run, pixels in chosen.items():
        for region, parts in ws.parts.items():
            own = of_region(ws, pixels, region)
            for part in range(parts):
                codes = of_part(own, region, part, parts).code.nunique()
                if len(own) and codes < 2:
                    text = f"part {part} of {parts} of region {ws.region_names[region]} would learn {codes} classes in run {run}"
                    source = ws.config.samples.where
                    raise InputError(Fault("E-REG-005", source, "samples.regions.maximum_area", text, "raise the area"))
