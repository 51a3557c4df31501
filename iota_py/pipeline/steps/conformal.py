"""What the models say of held-out pixels, and the thresholds of the conformal sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.conformal import class_thresholds
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table, write_table
from iota_py.mapping.shares import thousandths
from iota_py.pipeline import paths
from iota_py.pipeline.models.conformal import (
    CALIBRATES,
    KEPT,
    conformal_of,
    held_out_answers,
    places_in,
    region_shares,
    run_codes,
    shares_in,
    sides,
)  # fmt: skip
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.steps.learning_set import ORDER
from iota_py.pipeline.steps.tested import KEPT_WEIGHT, weight_column
from iota_py.pipeline.workspace import Workspace

KEYS = [*ORDER, "code", "region"]


def write_held_out_answers(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/held_out_probabilities/region_<r>_run_<k>.parquet`, as `held_out_answers`."""
    region, run = params["region"], params["run"]
    samples = tested_samples(ws, region, run)
    kept = samples.kept.to_numpy(bool)
    side = np.full(len(samples), KEPT, np.int8)
    side[~kept] = sides(samples[~kept], params["seed"] + run, region)
    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    table = samples[KEYS].assign(weight=samples.weight, side=side)
    kinds = {"p": False, "raw": True} if ws.config.calibration is not None else {"p": False}
    for prefix, raw in kinds.items():
        shares = region_shares(ws, region, run, features, raw=raw)
        columns = {f"{prefix}_{code}": shares[:, k] for k, code in enumerate(known_codes(ws))}
        table = pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)
    write_table(ws.path(paths.held_out_answers(region, run)), table)


def tested_samples(ws: Workspace, region: int, run: int) -> pd.DataFrame:
    """Pixels of a region that a run is tested with, with their features, sorted: `weight`, and `kept` of polygons that no draw sees."""
    found = []
    for tile in sorted(ws.tiles):
        table = read_table(ws.path(paths.tested(tile)))
        table = table[table.region == region]
        columns = {False: weight_column(run), True: KEPT_WEIGHT}
        for kept, name in columns.items():
            if name in table.columns:
                rows = table[table[name] > 0]
                found.append(rows.assign(weight=rows[name], kept=kept))
    return pd.concat(found, ignore_index=True).sort_values(["kept", *ORDER], ignore_index=True)


def write_thresholds(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/conformal.json`: thresholds of the sets of each run and region, and what they were calibrated on."""
    wish, codes = conformal_of(ws), known_codes(ws)
    entries: list[dict[str, Any]] = []
    for run in range(ws.runs):
        answers = held_out_answers(ws, run)
        answers = answers[answers.side == CALIBRATES]
        for region in ws.region_names:
            own = answers[answers.region == region] if wish.by else answers
            values, short = _thresholds(own, codes, wish.coverage, wish.per_class, run_codes(ws, region, run))
            entries.append(
                {"run": run, "region": region, "values": values.tolist(), "polygons": int(own.polygon.nunique()), "pixels": len(own), "short": short}
            )  # fmt: skip
    write_json(ws.path(paths.CONFORMAL), {"coverage": wish.coverage, "needed": wish.polygons, "codes": list(codes), "thresholds": entries})


def _thresholds(
    answers: pd.DataFrame, codes: tuple[int, ...], coverage: float, per_class: bool, known: Iterable[int]
) -> tuple[np.ndarray, list[int]]:
    """Thresholds int64 (class,), and the codes whose threshold lets them into every set. known: to the models of the region.

    A class that they do not know has the threshold of all classes together, and is in no set where it has no probability.
    """
    index, polygons = places_in(codes, answers.code.to_numpy()), answers.polygon.to_numpy()
    whole = thousandths(shares_in(answers, codes))
    together = class_thresholds(whole, index, polygons, coverage, False)
    found = class_thresholds(whole, index, polygons, coverage, True) if per_class else together
    there = np.isin(codes, list(known))
    found = np.where(there, found, np.maximum(together, 1))
    return found, [code for code, open_ in zip(codes, (found == 0) & there) if open_]
