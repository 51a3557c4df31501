"""Does the drift of a year go with the accuracy that models of another year lose in it? Writes runs/drift/results.json.

Two sets of real series of several years: fields of the Fergana valley (Central Asia), and cerrado and pasture (Brazil). A forest learns the samples
of one year, or of three; those that it held out say its own accuracy, those of each other year what is left of it. The measures are those of
`iota-py drift`, of the samples in place of the pixels of a map: one sample a field stands for the land.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score

from iota_py.assessment.drift import BEYOND_MANY, BEYOND_SOME, IN_RANGE, OUT_OF_RANGE, SHARE, SHIFTED, compare, judge
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table
from iota_py.profile import profile_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("IOTA_PY_SHARED", ROOT.parent / "shared")) / "data"
SCALE = 10_000  # NDVI and EVI as the chain stores them
HELD_OUT = 0.3
MANY = 10_000  # stands for the number of samples, so that years of few of them have a verdict too
MEASURES = {
    "beyond": "left the range",
    "large": "importance at PSI ≥ 0.25",
    "psi": "mean PSI",
    "ks": "mean KS",
    "outside": "outside, not weighted",
}


@dataclass(frozen=True, eq=False)
class Series:
    """Samples of a place. features: int16 (sample, feature). labels, years: (sample,). learnt: groups of years that models learn from.

    fewest: samples that a year needs to be looked at.
    """

    name: str
    features: np.ndarray
    labels: np.ndarray
    years: np.ndarray
    learnt: tuple[tuple[int, ...], ...]
    fewest: int


def fields() -> Series:
    """Fields of the Fergana valley with one crop in summer or two a year: NDVI of 23 steps, gaps filled in time; five years of 204 to 1,114 fields.

    Other kinds of season have fewer than 30 fields in some year.
    """
    table = read_table(SHARED / "central_asia_fields" / "field_ndvi_series.parquet")
    table = table[(table.region == "Fergana") & table.label_2.isin(["summer", "double"])]
    ndvi = table[[name for name in table if name.startswith("ndvi_doy")]]
    years = table.year.to_numpy()
    return Series("Fergana", _stored(ndvi), table.label_2.to_numpy(), years, tuple((int(year),) for year in np.unique(years)), 200)


def cerrado() -> Series:
    """Cerrado or pasture: NDVI and EVI of 23 composites of each season from 2000 to 2014, some fifty samples a season."""
    table = read_table(SHARED / "brazil_modis" / "samples" / "cerrado_2classes.parquet")
    table["step"] = table.groupby("sample_id").cumcount()
    wide = table[table.step < 23].pivot_table(index="sample_id", columns="step", values=["ndvi", "evi"])
    one = table.drop_duplicates("sample_id").set_index("sample_id").loc[wide.index]
    learnt = tuple(tuple(range(first, first + 3)) for first in range(2000, 2015, 3))
    return Series("Cerrado", _stored(wide), one.label.to_numpy(), pd.to_datetime(one.start_date).dt.year.to_numpy(), learnt, 40)


def _stored(values: pd.DataFrame) -> np.ndarray:
    filled = values.astype(np.float64).interpolate(axis=1, limit_direction="both").fillna(0).to_numpy()
    return np.clip(np.rint(filled * SCALE), -32767, 32767).astype(np.int16)


def pairs(series: Series, trees: int, seeds: int) -> Iterator[dict[str, Any]]:
    """A row for each group of years that is learnt and each other year; scores are means over seeds of the split and the forest."""
    names = [f"column_{column}" for column in range(series.features.shape[1])]
    for learnt in series.learnt:
        own = np.flatnonzero(np.isin(series.years, learnt))
        others = [int(year) for year in np.unique(series.years) if year not in learnt and (series.years == year).sum() >= series.fewest]
        drawn = [_row(series, own, others, names, trees, seed) for seed in range(seeds)]
        for place, year in enumerate(others):
            mean = pd.DataFrame([rows[place] for rows in drawn]).mean().to_dict()
            yield {"series": series.name, "learnt": "–".join(map(str, sorted({learnt[0], learnt[-1]}))), "year": year, **mean}


def _row(series: Series, own: np.ndarray, others: list[int], names: list[str], trees: int, seed: int) -> list[dict[str, float]]:
    """What one model says of each other year."""
    shuffled = np.random.default_rng(seed).permutation(own)
    cut = round(len(own) * (1 - HELD_OUT))
    learning, held = shuffled[:cut], shuffled[cut:]
    forest = RandomForestClassifier(trees, random_state=seed).fit(series.features[learning], series.labels[learning])
    accuracy = _recall(forest, series, held)
    land, samples = profile_of(series.features[own], names), profile_of(series.features[learning], names)
    rows = []
    for year in others:
        now = np.flatnonzero(series.years == year)
        table, weights = compare(land, samples, series.features[now]), forest.feature_importances_
        verdict = judge(table, weights, (MANY, MANY))
        there = _recall(forest, series, now)
        rows.append({
            "samples": len(now), "own_accuracy": accuracy, "accuracy": there, "loss": accuracy - there, "beyond": verdict.beyond,
            "large": verdict.large, "psi": float((weights * table.psi).sum()), "ks": float((weights * table.ks).sum()),
            "outside": float((table.outside - table.outside_then).mean()),
        })  # fmt: skip
    return rows


def _recall(forest: RandomForestClassifier, series: Series, here: np.ndarray) -> float:
    """Mean recall of the classes, which does not change with their shares."""
    return float(balanced_accuracy_score(series.labels[here], forest.predict(series.features[here])))


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """Spearman's rank correlation of each measure with the loss, and the mean loss under each verdict."""
    found: dict[str, Any] = {"pairs": len(rows), "rank_correlation": {key: float(spearmanr(rows[key], rows.loss)[0]) for key in MEASURES}}
    out = rows.beyond >= BEYOND_MANY
    shifted = ~out & ((rows.beyond >= BEYOND_SOME) | (rows.large >= SHARE))
    verdicts = {IN_RANGE: ~out & ~shifted, SHIFTED: shifted, OUT_OF_RANGE: out}
    found["mean_loss"] = {name: {"pairs": int(here.sum()), "loss": float(rows.loss[here].mean())} for name, here in verdicts.items()}
    return found


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Fit, compare, write, show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "drift", help="folder of the results")
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args(arguments)
    document: dict[str, Any] = {}
    for series in (fields(), cerrado()):
        rows = pd.DataFrame(pairs(series, given.trees, given.seeds))
        document[series.name] = {**summary(rows), "rows": rows.to_dict("records")}
        _show(series.name, rows, document[series.name])
    write_json(given.out / "results.json", document)
    return document


def _show(name: str, rows: pd.DataFrame, found: dict[str, Any]) -> None:
    console = Console()
    table = Table("learnt", "year", "samples", "own", "there", "loss", *MEASURES.values(), title=name, box=None)
    for row in rows.itertuples():
        scores = [f"{value:.3f}" for value in (row.own_accuracy, row.accuracy, row.loss, *(getattr(row, key) for key in MEASURES))]
        table.add_row(str(row.learnt), str(row.year), f"{row.samples:.0f}", *scores)
    console.print(table)
    console.print({key: found[key] for key in ("pairs", "rank_correlation", "mean_loss")})


if __name__ == "__main__":
    main()
