"""What there is to learn from, before and after each step: per class, region and tile. Written beside the samples of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.assessment.sample_figures import sample_figure
from iota_py.config.schema import RunConfig
from iota_py.grid.windows import crs_text
from iota_py.io.publish import write_bytes, write_json
from iota_py.io.tables import read_table, write_csv
from iota_py.io.vectors import write_geojson
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.reference.polygons import prepare_reference
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.account import Prepared
from iota_py.samples.split import LEARNING, VALIDATION

COLUMNS = ["step", "unit", "run", "scope", "name", "code", "alias", "polygons", "pixels", "hectares"]
ROLES = {LEARNING: "learning", VALIDATION: "validation"}
EVERYWHERE = "all"


@dataclass(frozen=True)
class SampleSummary:
    """table: COLUMNS; scope is all, region or tile, `name` which one. losses: `reason`, `polygons`, `ids`. folder: where the files are."""

    table: pd.DataFrame
    losses: pd.DataFrame
    nomenclature: Nomenclature
    folder: Path

    def document(self) -> dict[str, Any]:
        """The same as plain values."""
        classes = [{"code": c.code, "alias": c.alias, "name": c.label()} for c in self.nomenclature.classes]
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {
            "classes": classes,
            "steps": self.table.step.drop_duplicates().tolist(),
            "counts": rows,
            "losses": self.losses.to_dict("records"),
        }


def make_sample_plan(config: RunConfig, inventory: Inventory) -> Plan:
    """The tasks of a run up to the selection of samples: those of the whole run, which finds them done."""
    plan = make_plan(config, inventory, external_digests(config))
    tasks, wanted = plan.by_id(), set[str]()
    waiting = [task.id for stage in ("selection", "years") for task in plan.stage(stage)]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(tasks[name].needs)
    return Plan(tuple(task for task in plan.tasks if task.id in wanted))


def write_sample_summary(root: Path, selected: bool = True) -> SampleSummary:
    """`samples/summary/`: counts as CSV and JSON, a figure, and every polygon as GeoJSON, from what a run has left so far.

    selected: False where the selection stopped the run: the steps before it tell why, and what an earlier one left is not looked at. A
    table of samples has no polygons to draw, and other years than that of the map have accounts of their own.
    """
    ws, folder = Workspace(root, ""), root / paths.SAMPLE_SUMMARY
    if not ws.config.samples.places:
        table, losses = _of_ledger(read_table(root / paths.LEDGER)), read_table(root / paths.LOSSES)
    else:
        prepared = _prepared(ws)
        found, chosen = read_candidates(ws), read_table(root / paths.SELECTION) if selected else None
        table = pd.concat([*_polygon_steps(ws, prepared), *_pixel_steps(ws, found, chosen)], ignore_index=True)
        losses = read_table(root / paths.LOSSES) if chosen is not None else prepared.drops
        write_geojson(folder / "samples.geojson", _features(ws, prepared, found, chosen))
    table = table.astype({"polygons": "int64", "pixels": "Int64"}).round({"hectares": 4})[COLUMNS]
    classes = ws.nomenclature.subset(table.code.unique())
    summary = SampleSummary(table, losses, classes, folder)
    write_csv(folder / "samples.csv", table)
    write_json(folder / "samples.json", summary.document())
    write_bytes(folder / "samples.png", sample_figure(step_matrix(table), classes))
    return summary


def step_matrix(table: pd.DataFrame, scope: str = EVERYWHERE, name: str = EVERYWHERE) -> pd.DataFrame:
    """Rows by class code, columns (unit, step) in the order of the steps: polygons or pixels of a scope, the mean over runs, rounded."""
    part = table[(table.scope == scope) & (table.name == name)]
    value = part.polygons.where(part.unit == "polygons", part.pixels).astype(float)
    counts = part.assign(value=value).groupby(["unit", "step", "code"]).value.sum()
    runs = table.groupby(["unit", "step"]).run.nunique()
    columns = list(table[["unit", "step"]].drop_duplicates().itertuples(index=False, name=None))
    codes = sorted(table.code.unique())
    values = {column: [round(counts.get((*column, code), 0.0) / max(1, runs.get(column, 1))) for code in codes] for column in columns}
    return pd.DataFrame(values, index=pd.Index(codes, name="code"))


def _prepared(ws: Workspace) -> Prepared:
    crs = crs_text(ws.grid)
    outlines = gpd.GeoSeries([ws.geobox(tile).extent.to_crs(crs).geom for tile in ws.tiles], crs=crs)
    return prepare_reference(ws.config, ws.nomenclature, outlines, ws.regions(crs))[0]


def _polygon_steps(ws: Workspace, prepared: Prepared) -> Iterator[pd.DataFrame]:
    feature, tile = prepared.tiles
    for number, step in enumerate(prepared.account.steps):
        after, head = prepared.after(number), {"step": f"polygons {step}", "unit": "polygons", "run": ""}
        yield _counted(ws, after, EVERYWHERE, EVERYWHERE).assign(**head)
        if number:
            for index, name in ws.region_names.items():
                yield _counted(ws, after[after.region == index], "region", name).assign(**head)
            for index, name in enumerate(ws.tiles):
                here = np.intersect1d(feature[tile == index], after.index)
                yield _counted(ws, after.loc[here], "tile", name).assign(**head)


def _pixel_steps(ws: Workspace, found: pd.DataFrame, chosen: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    least = ws.config.samples.minimum_validity
    steps: list[tuple[str, str, pd.DataFrame]] = [
        ("pixels inside polygons", "", found[found.code > 0]),
        (f"usable pixels (validity at least {least})", "", usable_candidates(ws, found)),
    ]
    if chosen is not None:
        for role, word in ROLES.items():
            steps += [(f"{word} pixels", str(run), chosen[chosen[f"run_{run}"] == role]) for run in range(ws.runs)]
    for step, run, pixels in steps:
        head = {"step": step, "unit": "pixels", "run": run}
        yield _counted(ws, pixels, EVERYWHERE, EVERYWHERE).assign(**head)
        for index, name in ws.region_names.items():
            yield _counted(ws, pixels[pixels.region == index], "region", name).assign(**head)
        for name in ws.tiles:
            yield _counted(ws, pixels[pixels.tile == name], "tile", name).assign(**head)


def _counted(ws: Workspace, rows: pd.DataFrame, scope: str, name: str) -> pd.DataFrame:
    """Distinct polygons, and pixels or hectares, of each class."""
    grouped = rows.groupby("code", sort=True)
    table = grouped.agg(polygons=("polygon", "nunique")).reset_index()
    table["pixels"] = pd.NA if "hectares" in rows else grouped.size().to_numpy()
    table["hectares"] = grouped.hectares.sum().to_numpy() if "hectares" in rows else np.nan
    table["alias"] = [ws.nomenclature[int(code)].alias for code in table.code]
    return table.assign(scope=scope, name=name)


def _of_ledger(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger of a table of samples, whose samples are of one region each and of no tile."""
    rows = ledger.assign(unit="pixels", scope="region", name=ledger.region, hectares=np.nan, run=ledger.run.map(_run_text))
    rows["pixels"] = pd.to_numeric(rows.pixels).fillna(rows.polygons).astype("int64")
    keys = ["step", "unit", "run", "code", "alias"]
    total = rows.groupby(keys, sort=False, as_index=False)[["polygons", "pixels"]].sum()
    return pd.concat([total.assign(scope=EVERYWHERE, name=EVERYWHERE, hectares=np.nan), rows.drop(columns="region")], ignore_index=True)


def _run_text(run: Any) -> str:
    return "" if pd.isna(run) else str(int(run))


def _features(ws: Workspace, prepared: Prepared, found: pd.DataFrame, chosen: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Every polygon and point with its class, region, tiles, role and pixels in each run, and why it is not learnt from."""
    features, account = prepared.features, prepared.account
    usable = usable_candidates(ws, found)
    table = features[["polygon", "source", "row", "code", "geometry"]].copy()
    aliases = {c.code: c.alias for c in ws.nomenclature.classes}
    table["class"] = features.code.map(aliases)
    table["region"] = features.region.map(ws.region_names)
    feature, tile = prepared.tiles
    names = pd.Series([ws.tiles[index] for index in tile], index=feature, dtype=object).groupby(level=0).agg(", ".join)
    table["tiles"] = names.reindex(table.index)
    table["hectares_before"], table["hectares_after"] = account.areas[0].round(4), np.where(account.there, account.areas[-1], 0.0).round(4)
    table["pixels"] = _pixels(table, found[found.code > 0])
    table["usable_pixels"] = _pixels(table, usable)
    reason = np.select([~account.there, table.pixels == 0, table.usable_pixels == 0],
                       [account.reason, "no pixel centre inside (too small, or unseen)", "no pixel was seen often enough"], "")  # fmt: skip
    table["reason"] = pd.Series(reason, table.index).replace("", None)
    for run, roles in _roles(ws, chosen).items():
        table[f"role_{run}"] = table.polygon.map(roles)
        assert chosen is not None
        for role, word in ROLES.items():
            table[f"{word}_pixels_{run}"] = _pixels(table, chosen[chosen[f"run_{run}"] == role])
    return table.sort_values("polygon", ignore_index=True)


def _pixels(table: pd.DataFrame, pixels: pd.DataFrame) -> pd.Series:
    return table.polygon.map(pixels.groupby("polygon").size()).fillna(0).astype(int)


def _roles(ws: Workspace, chosen: pd.DataFrame | None) -> Mapping[int, Mapping[int, str]]:
    """For each run, the word for what a polygon is drawn for."""
    if chosen is None:
        return {}
    split = read_table(ws.path(paths.SPLIT))
    return {run: dict(zip(split.polygon, split[f"run_{run}"].map(ROLES))) for run in range(ws.runs)}
