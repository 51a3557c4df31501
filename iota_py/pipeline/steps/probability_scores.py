"""Scores of the held-out probabilities, and how often conformal sets hold the true class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.calibration_scores import Probabilities, class_table, probability_scores, top_table
from iota_py.assessment.conformal_scores import coverage_table, polygon_interval, set_table
from iota_py.io.publish import write_json
from iota_py.io.tables import write_csv
from iota_py.mapping.shares import thousandths
from iota_py.pipeline import paths
from iota_py.pipeline.models.conformal import (
    KEPT,
    TESTS,
    held_out_answers,
    places_in,
    sets_of,
    settings_of,
    shares_in,
    thresholds_of,
)  # fmt: skip
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.workspace import Workspace

KEYS = ["tile", "polygon", "row", "col", "code", "region"]


def write_probability_scores(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/probability_scores.csv` by region and run, `reliability.csv` (runs added up), `coverage.csv` of the conformal sets, and what
    the report says of the sets of the map."""
    answers = [held_out_answers(ws, run) for run in range(ws.runs)]
    held = [table[table.side != KEPT] for table in answers]
    bins = settings_of(ws.config).bins
    write_csv(ws.path(paths.PROBABILITY_SCORES), pd.DataFrame(list(_score_rows(ws, held, bins))))
    write_csv(ws.path(paths.RELIABILITY), _reliability(ws, pd.concat(held, ignore_index=True), bins))
    thresholds = thresholds_of(ws)
    tested = pd.concat([_set_rows(ws, table, run) for run, table in enumerate(held)], ignore_index=True)
    write_csv(ws.path(paths.COVERAGE), coverage_table(tested, thresholds.document["coverage"], ws.region_names, params["seed"]))
    write_json(ws.path(paths.SETS), {**thresholds.document, "map": _map_sets(ws, answers, params["seed"])})


def kinds_of(ws: Workspace) -> tuple[str, ...]:
    """Prefixes of the probabilities of held-out answers: `p` as used, `raw` before the calibration, where models have one."""
    return ("p",) if ws.config.calibration is None else ("raw", "p")


def _found(ws: Workspace, answers: pd.DataFrame, kind: str) -> Probabilities:
    codes = known_codes(ws)
    index = places_in(codes, answers.code.to_numpy())
    return Probabilities(shares_in(answers, codes, kind), index, answers.weight.to_numpy(np.float64))


def _score_rows(ws: Workspace, held: list[pd.DataFrame], bins: int) -> Iterator[dict[str, Any]]:
    """Scores of each run, all regions together and each; kind: as used, or before the calibration."""
    places = [(None, "all"), *(ws.region_names.items() if len(ws.region_names) > 1 else ())]
    for region, name in places:
        for run, table in enumerate(held):
            own = table if region is None else table[table.region == region]
            for kind in kinds_of(ws):
                found = probability_scores(_found(ws, own, kind), bins)
                yield {"region": name, "run": run, "kind": kind, "polygons": own.polygon.nunique(), **found.row()}


def _reliability(ws: Workspace, held: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Reliability tables: code 0 of the label given, then of the probability of each class."""
    parts = []
    for kind in kinds_of(ws):
        found = _found(ws, held, kind)
        parts.append(top_table(found, bins).assign(kind=kind, code=0))
        parts += [class_table(found, place, bins).assign(kind=kind, code=code) for place, code in enumerate(known_codes(ws))]
    table = pd.concat(parts, ignore_index=True)
    return table[["kind", "code", "low", "high", "samples", "confidence", "accuracy"]]


def _set_rows(ws: Workspace, held: pd.DataFrame, run: int) -> pd.DataFrame:
    """What became of the pixels of the polygons that test the sets of a run."""
    codes = known_codes(ws)
    own = held[held.side == TESTS].reset_index(drop=True)
    limits = thresholds_of(ws).values[run, own.region.to_numpy()]
    sets = set_table(thousandths(shares_in(own, codes)), places_in(codes, own.code.to_numpy()), limits)
    return pd.concat([own[["region", "polygon", "code", "weight"]].assign(run=run), sets], axis=1)


def _map_sets(ws: Workspace, answers: list[pd.DataFrame], seed: int) -> dict[str, Any] | None:
    """Coverage of the sets as the map has them, the vote of those of the draws, on polygons that no draw learnt or calibrated from: those
    kept from all draws, else those that test every one. None where there is no such pixel."""
    kept = any((table.side == KEPT).any() for table in answers)
    tested = [table[table.side == (KEPT if kept else TESTS)].set_index(KEYS).sort_index() for table in answers]
    shared = tested[0].index
    for table in tested[1:]:
        shared = shared.intersection(table.index)
    if not len(shared):
        return None
    codes, keys = known_codes(ws), shared.to_frame(index=False)
    shares = np.stack([shares_in(table.loc[shared], codes).T for table in tested])
    sets = sets_of(ws, shares, keys.region.to_numpy())
    index = places_in(codes, keys.code.to_numpy())
    covered = sets[np.arange(len(index)), np.maximum(index, 0)] & (index >= 0)
    by_polygon = keys.assign(covered=covered, size=sets.sum(axis=1)).groupby("polygon", sort=True)[["covered", "size"]].mean()
    low, high = polygon_interval(by_polygon.covered.reset_index(), seed)
    return {
        "kept": kept, "polygons": len(by_polygon), "pixels": len(keys), "coverage": float(by_polygon.covered.mean()),
        "low": None if np.isnan(low) else low, "high": None if np.isnan(high) else high, "set_size": float(by_polygon["size"].mean()),
    }  # fmt: skip
