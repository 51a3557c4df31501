"""Held-out answers of the models and the thresholds that they set: what they are made of, and how windows use them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from iota_py.config.probability_scores import Conformal, ProbabilityScores
from iota_py.config.schema import RunConfig
from iota_py.conformal import voted_sets
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.mapping.shares import thousandths
from iota_py.pipeline import paths
from iota_py.pipeline.models.ranks import ranked_polygons
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.split import generator
from iota_py.training.bundle import describe, load

CALIBRATES, TESTS, KEPT = 1, 2, 3  # sides of held-out polygons; those kept from every draw test the vote of the draws
_STREAM = 21


def settings_of(config: RunConfig) -> ProbabilityScores:
    """What is asked of held-out probabilities; the defaults where only something that is made of them is asked for."""
    return config.assessment.probabilities or ProbabilityScores()


def conformal_of(ws: Workspace) -> Conformal:
    """What is asked of conformal sets."""
    return settings_of(ws.config).conformal


def sides(pixels: pd.DataFrame, seed: int, region: int) -> np.ndarray:
    """CALIBRATES or TESTS, int8 (pixel,): half of the polygons of each class, the larger half, drawn in an order that is that of their places.

    pixels: `polygon`, `code`, and `x`, `y`; of one region and run.
    """
    polygons = ranked_polygons(pixels)
    chosen: list[int] = []
    for code, group in polygons.groupby("code", sort=True):
        ranked = group.sort_values("order").polygon.to_numpy()
        half = (len(ranked) + 1) // 2
        chosen += generator(seed, region, int(str(code)), _STREAM).permutation(ranked)[:half].tolist()
    return np.where(pixels.polygon.isin(chosen), CALIBRATES, TESTS).astype(np.int8)


def run_models(ws: Workspace, region: int, run: int) -> list[str]:
    """Names of the models of a region in a run: one, or those of its parts."""
    folders = model_folders(ws, region)
    return [folders[k] for k in np.array_split(np.arange(len(folders)), ws.runs)[run]]


def run_codes(ws: Workspace, region: int, run: int) -> set[int]:
    """Codes of the classes that the models of a region know in a run."""
    return {int(code) for name in run_models(ws, region, run) for code in describe(ws.path(name))["classes"]}


def region_shares(ws: Workspace, region: int, run: int, features: np.ndarray, *, raw: bool = False) -> np.ndarray:
    """Probabilities float32 (pixel, class), classes as `known_codes`, that a region gives to features int16 (pixel, feature) in a run, as its
    windows do. raw: without the calibration of the models."""
    codes, names = known_codes(ws), run_models(ws, region, run)
    shares = np.zeros((len(features), len(codes)), np.float32)
    for name in names if len(features) else ():
        fitted = load(ws.path(name), ws.feature_names)
        engine = load_engine(replace(fitted, calibration=None) if raw else fitted)
        own = engine.predict(np.ascontiguousarray(features), probabilities=True).probabilities
        assert own is not None
        shares[:, np.searchsorted(codes, engine.classes)] += own / np.float32(len(names))
    return shares


def held_out_answers(ws: Workspace, run: int) -> pd.DataFrame:
    """Held-out pixels of all regions with what the models of a run say of them, sorted by region, tile and place.

    Columns: tile, polygon, row, col, code, region, weight, side, `p_<code>` of each known class, and `raw_<code>` where models are calibrated.
    """
    return pd.concat([read_table(ws.path(paths.held_out_answers(region, run))) for region in ws.region_names], ignore_index=True)


def shares_in(answers: pd.DataFrame, codes: tuple[int, ...], prefix: str = "p") -> np.ndarray:
    """Probabilities float32 (pixel, class) of a table of answers."""
    return answers[[f"{prefix}_{code}" for code in codes]].to_numpy(np.float32)


def places_in(codes: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """Place of each label among ascending codes, int64; -1 for one that is not among them."""
    known = np.asarray(codes)
    place = np.minimum(np.searchsorted(known, labels), len(known) - 1)
    return np.where(known[place] == labels, place, -1)


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What sets need. values: thousandths int64 (run, region index, class), index 0 being of no region. document: as it was written."""

    values: np.ndarray
    document: dict[str, Any]


@functools.lru_cache(maxsize=4)
def thresholds_of(ws: Workspace) -> Thresholds:
    """The thresholds of a run, read once by each process."""
    document = read_json(ws.path(paths.CONFORMAL))
    table = np.full((ws.runs, max(ws.region_names) + 1, len(document["codes"])), 0, np.int64)
    for entry in document["thresholds"]:
        table[entry["run"], entry["region"]] = entry["values"]
    return Thresholds(table, document)


def sets_of(ws: Workspace, shares: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Conformal sets of the map, bool (pixel, class): the vote of those of the draws, with the most probable class of their mean.

    shares: float32 (run, class, pixel), classes as `known_codes`. region: index of each pixel's region, above 0.
    """
    found = thousandths(shares).transpose(0, 2, 1)
    most = shares.mean(axis=0, dtype=np.float64).argmax(axis=0)
    return voted_sets(found, thresholds_of(ws).values[:, region], most)


def set_sizes(ws: Workspace, shares: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Classes in the set of each pixel, uint16 (pixel,), as `sets_of`."""
    return sets_of(ws, shares, region).sum(axis=1).astype(np.uint16)
