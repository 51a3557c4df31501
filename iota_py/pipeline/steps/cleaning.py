"""Learning polygons whose label is doubtful: scored region by region and run by run, then listed, placed and drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.assessment.language import translator
from iota_py.assessment.suspicion import Drawn, suspicion_figure
from iota_py.config.cleaning import Cleaning, Method
from iota_py.io.publish import write_bytes
from iota_py.io.tables import read_table, write_csv
from iota_py.io.vectors import read_vectors, write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.models.ranks import fold_of_samples
from iota_py.pipeline.plans.report import in_spoken
from iota_py.pipeline.reference.regions import source_region
from iota_py.pipeline.steps.learning import fit_samples
from iota_py.pipeline.steps.learning_set import learning_samples, polygon_keys
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.cleaning import neighbour_doubt, neighbours_elsewhere, outlier_doubt, polygon_scores, standardised, suspicious
from iota_py.samples.som import label_shares, organised

DRAWN = 12  # polygons


def write_cleaning(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/cleaning/region_<r>_run_<k>.csv`: scores of the polygons that learn in a region and run, and which are suspicious."""
    region, run = params["region"], params["run"]
    wish = _wish(ws)
    whole = learning_samples(ws, region, run, augment=False, cleaned=False)
    keys = polygon_keys(whole)
    if source_region(ws, region, run) != region:  # its polygons are those of the region that it borrows from, and scored there
        columns = [*keys, "code", "samples", *wish.methods, "instead", "suspicious"]
        write_csv(ws.path(paths.cleaning(region, run)), pd.DataFrame(columns=columns))
        return
    samples = whole.assign(polygon=whole.groupby(keys, sort=True).ngroup())
    samples = evenly(samples, wish.samples)
    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    labels, groups = samples.code.to_numpy(np.uint8), samples.polygon.to_numpy(np.int64)
    doubts: dict[str, np.ndarray] = {}
    instead = np.zeros(len(samples), np.uint8)
    for method in wish.methods:
        if method == "cross_validation":
            doubts[method], instead = _cross_validated(ws, params, samples)
        else:
            doubts[method] = _DOUBTS[method](wish, features, labels, groups, params["seed"])
    own = whole[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    scores = pd.concat([own, polygon_scores(samples, ["polygon"], doubts).drop(columns="polygon")], axis=1)
    scores["instead"] = _commonest(groups, instead)
    scores["suspicious"] = suspicious(scores, {name: wish.threshold(name) for name in wish.methods}, wish.agree, wish.most)
    write_csv(ws.path(paths.cleaning(region, run)), scores.round(dict.fromkeys(wish.methods, 6)))


def evenly(samples: pd.DataFrame, most: int) -> pd.DataFrame:
    """About so many samples at most: of each polygon as many, spread evenly over its own, and one at least."""
    if len(samples) <= most:
        return samples.reset_index(drop=True)
    sizes = samples.groupby("polygon").polygon.transform("size").to_numpy()
    rank = samples.groupby("polygon").cumcount().to_numpy()
    room = _room(np.unique(samples.polygon, return_counts=True)[1], most)
    kept = np.minimum(sizes, room)
    return samples[(rank + 1) * kept // sizes > rank * kept // sizes].reset_index(drop=True)


def _room(sizes: np.ndarray, most: int) -> int:
    """Largest number of samples for each polygon with which all have at most `most`."""
    low, high = 1, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(sizes, middle).sum() <= most else (low, middle - 1)
    return low


def _wish(ws: Workspace) -> Cleaning:
    assert ws.config.samples.cleaning is not None
    return ws.config.samples.cleaning


def _by_neighbours(wish: Cleaning, features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    return neighbour_doubt(labels, neighbours_elsewhere(standardised(features), groups, wish.neighbours))


def _by_map(wish: Cleaning, features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    _, posterior = label_shares(organised(standardised(features), wish.som.side, wish.som.passes, seed), labels)
    return np.clip(1 - posterior, 0, 1)


def _by_spread(wish: Cleaning, features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    return outlier_doubt(features, labels)


_DOUBTS: Mapping[Method, Callable[[Cleaning, np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]] = {
    "knn": _by_neighbours,
    "som": _by_map,
    "outlier": _by_spread,
}


def _cross_validated(ws: Workspace, params: Mapping[str, Any], samples: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One less the probability of the label (after the self-confidence of Northcutt et al. 2021), and the label that the models give."""
    wish, names = _wish(ws), ws.feature_names
    fold = fold_of_samples(samples, wish.folds, params["seed"])
    doubt, given = np.zeros(len(samples)), samples.code.to_numpy(np.uint8).copy()
    for number in range(wish.folds):
        held = fold == number
        if not held.any() or samples.code[~held].nunique() < 2:
            continue  # nothing can be said of these polygons: they resemble their class
        fitted = fit_samples(ws, {**params, "trial": {}}, samples[~held], names)
        found = load_engine(fitted).predict(np.ascontiguousarray(samples.loc[held, list(names)].to_numpy(np.int16)), probabilities=True)
        assert found.probabilities is not None
        place = np.searchsorted(fitted.classes, given[held])
        known = np.isin(given[held], fitted.classes)
        own = found.probabilities[np.arange(held.sum()), np.minimum(place, len(fitted.classes) - 1)]
        doubt[held] = np.where(known, 1 - own, 0)  # of a class that only these polygons have, nothing can be said
        given[held] = np.where(known, found.labels, given[held])
    return doubt, given


def _commonest(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Commonest label of each group, the lowest of equal ones; groups numbered from 0."""
    counts = np.zeros((int(groups.max()) + 1, 256), np.int64)
    np.add.at(counts, (groups, labels), 1)
    return counts.argmax(axis=1)


def write_suspicious(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/suspicious.csv`, `.gpkg` and a figure: polygons that were suspicious in a run, the most doubtful first."""
    wish, tables = _wish(ws), []
    for region, name in params["regions"]:
        for run in range(ws.runs):
            tables.append(read_table(ws.path(paths.cleaning(region, run))).assign(region=name, run=run, place=region))
    every = pd.concat(tables, ignore_index=True)
    keys = ["region", "place", *polygon_keys(every), "code"]
    summary = {"learnt": ("run", "size"), "suspicious": ("suspicious", "sum"), "instead": ("instead", "last")}
    found = every.groupby(keys, sort=True).agg(**summary, **{name: (name, "mean") for name in wish.methods}).reset_index()
    found = found[found.suspicious > 0]
    found = found.assign(doubt=found[list(wish.methods)].mean(axis=1)).sort_values(["doubt", *keys], ascending=[False] + [True] * len(keys))
    found = found.reset_index(drop=True)
    found["class"] = [ws.nomenclature[int(code)].alias for code in found.code]
    found["resembles"] = [ws.nomenclature[int(code)].alias if code else "" for code in found.instead]
    found["dropped"] = wish.drop
    write_csv(ws.path(paths.SUSPICIOUS), found.drop(columns=["place", "instead"]).round(4))
    if ws.path(paths.POLYGONS).exists():
        _write_places(ws, found)
    for language, name in in_spoken(paths.SUSPICIOUS_FIGURE, ws.config).items():
        write_bytes(ws.path(name), suspicion_figure(_drawn(ws, found.head(DRAWN), language), len(found), language))


def _write_places(ws: Workspace, found: pd.DataFrame) -> None:
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")[["polygon", "geometry"]]
    own = found if "year" not in found.columns else found[found.year == found.year.max()]
    columns = own.drop(columns=["place", "instead"])
    write_gpkg(ws.path(paths.SUSPICIOUS_PLACES), gpd.GeoDataFrame(polygons.merge(columns, on="polygon"), crs=polygons.crs), "suspicious")


def _drawn(ws: Workspace, found: pd.DataFrame, language: str) -> list[Drawn]:
    """Series of the polygons, each with the spread of its class among the learning samples of its region."""
    places = [place for place in ws.places if place.date]
    if not places:
        return []
    band = "ndvi" if any(place.band == "ndvi" for place in places) else places[0].band
    first = next(place.input for place in places if place.band == band)
    chosen = [place for place in places if (place.input, place.band) == (first, band)]
    names, dates = [place.name for place in chosen], [place.date for place in chosen]
    drawn, cache = [], {}
    for row in found.to_dict("records"):
        region = row["place"]
        if region not in cache:
            cache[region] = pd.concat([learning_samples(ws, region, run, augment=False, cleaned=False) for run in range(ws.runs)])
        samples = cache[region]
        mine = np.logical_and.reduce([samples[key] == row[key] for key in polygon_keys(samples)])
        own_class = samples.loc[samples.code == row["code"], names].to_numpy(np.float64)
        other = row["resembles"] not in ("", row["class"])
        title = translator(language)("%(polygon)s: %(class)s, resembles %(resembles)s" if other else "%(polygon)s: %(class)s") % row
        spread = np.percentile(own_class, [10, 50, 90], axis=0)
        drawn.append(Drawn(title, f"{first} {band}", dates, np.median(samples.loc[mine, names].to_numpy(np.float64), axis=0), spread))
    return drawn
