"""Years that are learnt from beside that of the map: their samples among the others, their accounts, and how well they are classified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.metrics import scores
from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.models.votes import region_labels
from iota_py.pipeline.reference.regions import PLACES, settle_lenders
from iota_py.pipeline.reference.seasons import renamed, season_name
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.ledger import lost_classes
from iota_py.samples.split import LEARNING, VALIDATION

YEAR = "year"
POLYGONS_OF_A_YEAR = 10_000_000  # numbers of polygons of the n-th year begin at n times this one, so that none is that of another year


def year_tables(ws: Workspace, run: int, role: int, columns: list[str] | None = None) -> list[tuple[Workspace, pd.DataFrame]]:
    """Samples of a run in this role from every year, with the columns of the run in place of those of the year, and column `year`.

    Each with the folder of its year, where its tiles are. columns: those read of the files, by default all.
    """
    found = []
    for place, year in enumerate(ws.config.samples.years, start=1):
        season = ws.season(season_name(year.year))
        for tile in sorted(season.tiles):
            table = read_table(season.path(paths.features(tile)), columns)
            table = renamed(table[table[f"run_{run}"] == role], season.feature_names, ws.feature_names)
            found.append((season, table.assign(polygon=_numbers(table.polygon, place), **{YEAR: np.int16(year.year)})))
    return found


def with_year(ws: Workspace, table: pd.DataFrame) -> pd.DataFrame:
    """Samples of the run's own year, told apart from those of others where there are some."""
    end = ws.config.period.end
    return table.assign(**{YEAR: np.int16(end.year)}) if ws.config.samples.years and end is not None else table


def write_pooled(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Split, ledger and losses of all the years together, for a run without polygons of its own.

    Raises InputError: E-ANN-007 a class has no learning pixel in any year, others as `settle_lenders`.
    """
    splits, ledgers, losses = [], [], []
    for place, year in enumerate(ws.config.samples.years, start=1):
        season = ws.season(season_name(year.year))
        split = read_table(season.path(paths.SPLIT))
        splits.append(split.assign(polygon=_numbers(split.polygon, place), **{YEAR: year.year}))
        ledger, lost = read_table(season.path(paths.LEDGER)), read_table(season.path(paths.LOSSES))
        ledgers.append(ledger.assign(step=[f"{year.year}: {step}" for step in ledger.step]))
        losses.append(lost.assign(reason=[f"{year.year}: {reason}" for reason in lost.reason]))
    pooled = pd.concat(splits, ignore_index=True)
    _check_losses(ws, set(pooled.code))
    settle_lenders(ws, {run: pd.DataFrame(columns=PLACES) for run in range(ws.runs)})
    write_csv(ws.path(paths.SPLIT), pooled)
    write_csv(ws.path(paths.LEDGER), pd.concat(ledgers, ignore_index=True))
    write_csv(ws.path(paths.LOSSES), pd.concat(losses, ignore_index=True))


def predicted_years(ws: Workspace, run: int) -> pd.DataFrame:
    """Validation pixels of every year with the class that the model of their region gives them: year, tile, polygon, region, code,
    mapped."""
    names, kept, found = ws.feature_names, [YEAR, "tile", "polygon", "region", "code"], []
    tables = [table for _, table in year_tables(ws, run, VALIDATION)]
    samples = pd.concat(tables, ignore_index=True)
    for region in sorted(set(samples.region) & set(ws.region_names)):
        group = samples[samples.region == region]
        labels = region_labels(ws, int(region), run, group[list(names)].to_numpy(np.int16))
        found.append(group[kept].assign(mapped=labels))
    return pd.concat(found, ignore_index=True) if found else samples[kept].assign(mapped=np.uint8(0))


def write_year_scores(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/years.csv`: scores of each run on the validation polygons of each year, by the features of that year."""
    codes, rows = ws.nomenclature.codes, []
    for run in range(ws.runs):
        for year, group in predicted_years(ws, run).groupby(YEAR, sort=True):
            found = scores(confusion_matrix(group.code, group.mapped, codes))
            row: dict[str, Any] = {YEAR: year, "run": run, "validation pixels": len(group)}
            rows.append(row | {key: getattr(found, key) for key in ("overall_accuracy", "kappa", "f1_macro")})
    write_csv(ws.path(paths.YEAR_SCORES), pd.DataFrame(rows))


def _numbers(polygon: pd.Series, place: int) -> pd.Series:
    return (polygon + place * POLYGONS_OF_A_YEAR).astype(np.int32)


def _check_losses(ws: Workspace, there: set[int]) -> None:
    if ws.config.samples.allow_lost_classes:
        return
    learnt: dict[int, set[int]] = {run: set() for run in range(ws.runs)}
    for year in ws.config.samples.years:
        pixels = read_table(ws.season(season_name(year.year)).path(paths.SELECTION))
        for run, codes in learnt.items():
            codes.update(pixels.code[pixels[f"run_{run}"] == LEARNING].tolist())
    for run, codes in learnt.items():
        lost = lost_classes(there, codes, ws.nomenclature)
        if lost:
            text = f"run {run} has no learning pixel of {', '.join(lost)} in any year"
            fix = "lower minimum_validity, change the selection, add polygons, or set samples.allow_lost_classes: true"
            raise InputError(Fault("E-ANN-007", ws.config.name, "samples.years", text, fix))
