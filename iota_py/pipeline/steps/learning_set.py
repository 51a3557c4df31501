"""The samples that a model learns from, in the order in which it learns them.

gather (own, annual classes, other years; by the rules of the region) -> copies from other regions -> suspicious polygons dropped, where
that is wished for -> part of the region -> augmentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.reference.management import augmentation_of, copy_rules
from iota_py.pipeline.reference.regions import DISTANCE, of_part, of_region, source_region
from iota_py.pipeline.steps.annual import check_annual
from iota_py.pipeline.steps.table_features import stored_table
from iota_py.pipeline.steps.years import YEAR, with_year, year_tables
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.augmentation import additions, missing
from iota_py.samples.copies import CopyRule, absent, copied
from iota_py.samples.ledger import COLUMNS as LEDGER_COLUMNS
from iota_py.samples.ledger import entries
from iota_py.samples.split import LEARNING

ORDER = ["tile", "polygon", "row", "col"]
ADDED = "added"  # column of samples that are augmented: False for those observed
KEYS = [*ORDER, "code", "region", "x", "y"]  # what tells samples apart, without their features
_SCHEME = ("learning samples with features", "learning samples after copies", "learning samples after augmentation")
_CLEANED = "learning samples after cleaning"


def learning_samples(
    ws: Workspace, region: int, run: int, part: int | None = None, *, augment: bool = True, cleaned: bool = True
) -> pd.DataFrame:
    """Learning samples of a region and run, or of a part of it, sorted; then those that augmentation adds, class by class.

    An added sample has the row of the one that it was made from, with other features; column ADDED, there where samples may be added, tells
    them. augment: False for who holds samples out of these. cleaned: False for who looks for suspicious polygons.
    """
    source = source_region(ws, region, run)
    samples = pd.concat(_own_and_copied(ws, source, run), ignore_index=True)
    if cleaned and ws.config.samples.dropping:
        samples = _cleaned(ws, samples, source, run)
    if part is not None:
        samples = of_part(samples, source, part, ws.parts[region])
    samples = samples.sort_values(_order(samples), ignore_index=True)
    return _augmented(ws, samples, source, run) if augment else samples


def table_samples(ws: Workspace, run: int = 0) -> pd.DataFrame:
    """All the samples of a table, with their features as int16, as the models of a run take them."""
    return stored_table(ws, read_table(ws.path(paths.TABLE_SAMPLES)), run)


def write_learning_ledger(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/learning.csv`: rows of the ledger for what is done with samples once they have features, by region and run.

    Raises InputError: E-SEL-008 a class that a copying rule names has no sample in its region, E-AUG-002 smote of a single sample, others as
    `check_annual`.
    """
    check_annual(ws)
    rows = []
    for region in ws.region_names:
        for run in range(ws.runs):
            rows += _ledger_rows(ws, region, run)
    write_csv(ws.path(paths.LEARNING_LEDGER), pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=LEDGER_COLUMNS))


def read_ledger(ws: Workspace) -> pd.DataFrame:
    """The whole account of samples: of the selection, then of what was done with them."""
    ledger = read_table(ws.path(paths.LEDGER))
    if ws.config.objects is not None:
        ledger = pd.concat([ledger, read_table(ws.path(paths.OBJECT_LEDGER))], ignore_index=True)
    if not ws.config.samples.managed or ws.config.reuse is not None:
        return ledger
    return pd.concat([ledger, read_table(ws.path(paths.LEARNING_LEDGER))], ignore_index=True)


def _own_and_copied(ws: Workspace, region: int, run: int, columns: list[str] | None = None) -> list[pd.DataFrame]:
    """Samples of a region and run, then those that each rule copies to it. columns: those read of the files, by default all."""
    rules = [rule for rule in copy_rules(ws.config, ws.region_names, ws.nomenclature) if rule.to == region]
    own: list[pd.DataFrame] = []
    whole: dict[str, Any] = {}
    lent: dict[int, list[pd.DataFrame]] = {rule.source: [] for rule in rules}
    for place, table in _tables(ws, run, columns):
        own.append(of_region(place, table, region))
        for source, found in lent.items():
            found.append(table[table.region == source])
    parts = [pd.concat(own, ignore_index=True)]
    if DISTANCE in parts[0].columns:
        whole = {DISTANCE: 0.0}  # what a rule copies counts as much as what lies inside
    for rule in rules:
        parts.append(_copy(ws, pd.concat(lent[rule.source], ignore_index=True), rule, run).assign(**whole))
    return parts


def _copy(ws: Workspace, samples: pd.DataFrame, rule: CopyRule, run: int) -> pd.DataFrame:
    samples = samples.sort_values(_order(samples), ignore_index=True)
    labels = samples.code.to_numpy(np.uint8)
    lacking = absent(labels, rule)
    if lacking:
        aliases = ", ".join(ws.nomenclature[code].alias for code in lacking)
        text = f"run {run} has no learning sample of {aliases} in region {ws.region_names[rule.source]} to copy"
        raise InputError(
            Fault("E-SEL-008", str(ws.config.name), "samples.copies", text, "leave the class out of the rule, or use classes: all")
        )
    return samples.iloc[copied(labels, rule, ws.config.samples.split.seed + run)]


def _tables(ws: Workspace, run: int, columns: list[str] | None) -> list[tuple[Workspace, pd.DataFrame]]:
    """Learning samples of a run in every file that holds some, with the workspace that they are placed in."""
    role = f"run_{run}"
    if ws.config.samples.table is not None:
        table = table_samples(ws, run)
        return [(ws, table[table[role] == LEARNING])]
    wanted = None if columns is None else [*columns, role]
    found = []
    if ws.config.samples.places:
        names = [paths.features(tile) for tile in sorted(ws.tiles)]
        names += [paths.annual(tile) for tile in sorted(ws.tiles)] if ws.config.samples.annual is not None else []
        for name in names:
            table = read_table(ws.path(name), wanted)
            found.append((ws, with_year(ws, table[table[role] == LEARNING])))
    found.extend(year_tables(ws, run, LEARNING, wanted))
    return found


def polygon_keys(samples: pd.DataFrame) -> list[str]:
    """Columns that tell the polygons of samples apart: those of other years have numbers of their own."""
    return [YEAR, "polygon"] if YEAR in samples.columns else ["polygon"]


def _cleaned(ws: Workspace, samples: pd.DataFrame, region: int, run: int) -> pd.DataFrame:
    """Samples of the polygons that are not suspicious."""
    scores = read_table(ws.path(paths.cleaning(region, run)))
    keys = polygon_keys(samples)
    bad = pd.MultiIndex.from_frame(scores.loc[scores.suspicious.astype(bool), keys])
    return samples[~pd.MultiIndex.from_frame(samples[keys]).isin(bad)].reset_index(drop=True)


def _order(samples: pd.DataFrame) -> list[str]:
    if "tile" not in samples.columns:
        return ["polygon"]
    return [YEAR, *ORDER] if YEAR in samples.columns else ORDER


def _augmented(ws: Workspace, samples: pd.DataFrame, region: int, run: int) -> pd.DataFrame:
    section = ws.config.samples.augmentation
    if section is None or not section.applies_to(ws.region_names[region]) or samples.empty:
        return samples
    names = list(ws.feature_names)
    labels = samples.code.to_numpy(np.uint8)
    augmentation = augmentation_of(section, ws.nomenclature)
    seed = ws.config.samples.split.seed + run
    parents, features = additions(np.ascontiguousarray(samples[names].to_numpy(np.int16)), labels, augmentation, seed, region)
    keys = samples.drop(columns=names).iloc[parents].reset_index(drop=True)
    made = pd.concat([keys, pd.DataFrame(features, columns=names)], axis=1)[samples.columns]
    return pd.concat([samples.assign(**{ADDED: False}), made.assign(**{ADDED: True})], ignore_index=True)


def _ledger_rows(ws: Workspace, region: int, run: int) -> list[pd.DataFrame]:
    if source_region(ws, region, run) != region:
        return []  # what it learns from is told of the region that it borrows from
    own, *copies = _own_and_copied(ws, region, run, KEYS)
    samples, steps = pd.concat([own, *copies], ignore_index=True), [(_SCHEME[0], own)]
    if copies:
        steps.append((_SCHEME[1], samples))
    if ws.config.samples.dropping:
        samples = _cleaned(ws, samples, region, run)
        steps.append((_CLEANED, samples))
    found = [entries(step, table.assign(region=region), ws.region_names, ws.nomenclature, run) for step, table in steps]
    section = ws.config.samples.augmentation
    if section is not None and section.applies_to(ws.region_names[region]):
        found.append(_after_augmentation(ws, samples.assign(region=region), run))
    return found


def _after_augmentation(ws: Workspace, samples: pd.DataFrame, run: int) -> pd.DataFrame:
    """Counts that augmentation leads to, which need no features."""
    section = ws.config.samples.augmentation
    assert section is not None
    rows = entries(_SCHEME[2], samples, ws.region_names, ws.nomenclature, run)
    counts = dict(zip(rows.code.tolist(), rows.pixels.tolist()))
    added = missing(counts, augmentation_of(section, ws.nomenclature))
    single = [ws.nomenclature[code].alias for code in added if counts[code] == 1]
    if single and section.method == "smote":
        text = f"smote: run {run} has one learning sample only of {', '.join(single)} in region {rows.region.iloc[0]}"
        fix = "use method: jitter or replicate, add polygons, or leave the region out of samples.augmentation.regions"
        raise InputError(Fault("E-AUG-002", ws.config.name, "samples.augmentation", text, fix))
    return rows.assign(pixels=[count + added.get(code, 0) for code, count in counts.items()])
