"""Two runs of one reference: which of their held-out polygons are compared, and why not."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from iota_py.io.publish import write_text
from iota_py.io.tables import write_csv, write_table
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.comparison import compare
from iota_py.pipeline.rivals import rival_runs
from tests.nomenclature.samples import THREE
from tests.pipeline.class_maps import write_run

NAMES = ("a", "b")


def polygons(right: int, runs: int = 1, first: int = 1) -> pd.DataFrame:
    """Twelve polygons of 10 pixels, of classes 1 and 2, with so many right in each run."""
    rows = [
        {"run": run, "polygon": first + k, "tile": "A", "region": "1", "code": 1 + k % 2, "mapped": mapped, "pixels": pixels}
        for run in range(runs)
        for k in range(12)
        for mapped, pixels in ((1 + k % 2, right), (2 - k % 2, 10 - right))
    ]
    return pd.DataFrame(rows)


def shapes(shift: float = 0.0, first: int = 1) -> gpd.GeoDataFrame:
    geometry = [box(10 * k + shift, 0, 10 * k + 5, 5) for k in range(12)]
    return gpd.GeoDataFrame({"polygon": np.arange(12) + first, "code": [1 + k % 2 for k in range(12)]}, geometry=geometry, crs="EPSG:2154")


def write(folder: Path, table: pd.DataFrame, drawn: gpd.GeoDataFrame | None) -> Path:
    write_table(folder / paths.POLYGON_SCORES, table)
    write_csv(folder / paths.SPLIT, table[["polygon", "code"]].drop_duplicates())
    if drawn is not None:
        write_gpkg(folder / paths.POLYGONS, drawn, "polygons")
    return folder


@pytest.mark.parametrize("drawn", [True, False])
def test_the_same_reference(tmp_path: Path, drawn: bool) -> None:
    places = (
        write(tmp_path / "a", polygons(6), shapes() if drawn else None),
        write(tmp_path / "b", polygons(9, 2), shapes() if drawn else None),
    )
    found, reason = rival_runs(places, NAMES, THREE)
    assert reason == ""
    assert found is not None
    assert (found.polygons, found.runs) == (12, 1)  # the second draw of b has no pendant
    assert found.differences[0].difference == pytest.approx(0.3)


def test_why_not(tmp_path: Path) -> None:
    a = write(tmp_path / "a", polygons(6), shapes())
    moved = write(tmp_path / "moved", polygons(6), shapes(shift=1.0))
    listed = write(tmp_path / "listed", polygons(6), None)
    disjoint = write(tmp_path / "disjoint", polygons(6, first=100), shapes(first=100))
    (tmp_path / "old").mkdir()
    raster = tmp_path / "map.tif"
    write_text(raster, "")

    def reason(first: Path, second: Path) -> str:
        found, text = rival_runs((first, second), NAMES, THREE)
        assert found is None
        return text

    old = f"Held-out scores are not compared: {tmp_path / 'old'} has no assessment/polygon_scores.parquet; run it again (E-ACC-001)."
    assert reason(a, tmp_path / "old") == old
    assert reason(a, moved) == reason(a, listed) == "Held-out scores are not compared: their reference polygons differ (E-ACC-002)."
    none = "Held-out scores are not compared: no polygon was held out by both in a draw of the same number (E-ACC-003)."
    assert reason(a, disjoint) == none
    assert reason(a, raster) == ""


def test_the_comparison_of_two_runs_says_which_is_better(tmp_path: Path, command) -> None:
    for name, right in (("old", 6), ("new", 9)):
        write(write_run(tmp_path / name, [[5, 16, 23]]), coded(polygons(right)), coded(shapes()))
    done = command("compare", str(tmp_path / "old"), str(tmp_path / "new"), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert "new is better on the 12 polygons that both held out: overall accuracy 0.900 for new" in " ".join(done.stdout.split())
    table = pd.read_csv(tmp_path / "out" / "skill.csv")
    assert table.measure.tolist() == ["overall_accuracy", "kappa", "f1_macro", "f1", "f1"]
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert '<h2 id="skill">Which is better</h2>' in page
    assert "New is better" not in page  # a name stays as it is written
    skill = json.loads((tmp_path / "out" / "agreement.json").read_text(encoding="utf-8"))["skill"]
    assert skill["differences"][0]["difference"] == pytest.approx(0.3)


def test_what_stands_in_the_way_is_a_note(tmp_path: Path) -> None:
    a, b = (write_run(tmp_path / name, [[5, 16, 23]]) for name in ("a", "b"))
    found = compare((a, b), tmp_path / "out")
    assert found.skill is None
    assert found.notes == (f"Held-out scores are not compared: {a} has no assessment/polygon_scores.parquet; run it again (E-ACC-001).",)
    assert "Which is better" not in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")


def coded(table: pd.DataFrame) -> pd.DataFrame:
    """Classes 1 and 2 as 5 and 10 of OSO-23."""
    return table.assign(**{name: table[name].replace({1: 5, 2: 10}) for name in ("code", "mapped") if name in table})
