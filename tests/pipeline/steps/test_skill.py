"""Scores of polygons of a finished run: what its files hold, and what its report says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.steps.assessment import read_confusions, reference_classes
from iota_py.pipeline.steps.mapped_pixels import polygon_counts
from iota_py.pipeline.topics.skill import topic
from iota_py.pipeline.workspace import Workspace


def test_pixels_are_counted_by_polygon() -> None:
    pixels = pd.DataFrame(
        {
            "tile": ["B", "A", "A", "A"],
            "polygon": [7, 7, 7, 3],
            "region": [2, 2, 2, 1],
            "code": [5, 5, 5, 6],
            "mapped": [5, 5, 5, 0],
            "row": [0] * 4,
        }
    )
    found = polygon_counts(pixels, 4, {1: "north", 2: "south"})
    assert found.to_numpy().tolist() == [[4, 3, "A", "north", 6, 0, 1], [4, 7, "A", "south", 5, 5, 2], [4, 7, "B", "south", 5, 5, 1]]
    assert [str(kind) for kind in found.dtypes] == ["int16", "int64", "str", "str", "uint8", "uint8", "int64"]
    assert polygon_counts(pixels.drop(columns="tile"), 0, {1: "north", 2: "south"}).tile.unique().tolist() == [""]
    assert polygon_counts(pixels.iloc[:0], 0, {}).columns.tolist() == found.columns.tolist()


@pytest.fixture(scope="module")
def ws(light_run: RunConfig) -> Workspace:
    return Workspace(Path(light_run.output), "")


@pytest.fixture(scope="module")
def table(ws: Workspace) -> pd.DataFrame:
    return read_table(ws.path(paths.POLYGON_SCORES))


def test_the_polygons_add_up_to_the_confusion_matrices(ws: Workspace, table: pd.DataFrame) -> None:
    keys = ["run", "polygon", "tile", "region", "code", "mapped"]
    assert table[keys].equals(table[keys].sort_values(keys, ignore_index=True))
    assert not table.duplicated(keys).any()
    codes = list(reference_classes(ws).codes)
    for run, regions in enumerate(read_confusions(ws)):
        for region, matrix in regions.items():
            chosen = table[(table.run == run) & (table.region == region) & table.mapped.isin(codes)]
            counted = chosen.pivot_table(index="code", columns="mapped", values="pixels", aggfunc="sum", fill_value=0)
            assert np.array_equal(counted.reindex(index=codes, columns=codes, fill_value=0), matrix)


def test_only_held_out_polygons_are_in_the_table(ws: Workspace, table: pd.DataFrame) -> None:
    roles = read_table(ws.path(paths.SPLIT)).set_index("polygon")
    for run, rows in table.groupby("run"):
        assert set(roles.loc[rows.polygon.unique(), f"run_{run}"]) == {2}


def test_every_file_tells_of_the_same_scores(ws: Workspace, table: pd.DataFrame) -> None:
    metrics, levels = read_json(ws.path(paths.METRICS)), read_table(ws.path(paths.LEVEL_SCORES))
    whole = levels[(levels.level == "all") & levels["class"].isna()].set_index("measure")
    for name in ("overall_accuracy", "kappa", "f1_macro"):
        low, high = metrics["bootstrap"]["values"][name]
        assert whole.loc[name, ["mean", "low", "high"]].tolist() == pytest.approx([metrics[name]["mean"], low, high], abs=1e-6)
        assert low < metrics[name]["mean"] < high
    assert set(levels[levels.level == "tile"].place) == set(ws.tiles)
    assert set(levels[levels.level == "region"].place.astype(str)) == set(table.region)
    matrices = read_table(ws.path(paths.MATRICES))
    assert set(matrices.groupby("level").pixels.sum()) == {table.pixels.sum()}
    by_row = pd.read_csv(ws.path(paths.CONFUSION_BY_ROW), index_col=0)
    assert by_row.sum(axis=1).dropna().to_numpy() == pytest.approx(1, abs=1e-5)
    by_column = pd.read_csv(ws.path(paths.CONFUSION_BY_COLUMN), index_col=0)
    assert by_column.sum(axis=0, skipna=True)[by_column.notna().any()].to_numpy() == pytest.approx(1, abs=1e-5)


def test_the_report_tells_of_both_intervals(ws: Workspace) -> None:
    found = topic(ws)
    assert found is not None
    assert found.title == "Model skill"
    assert [row["name"] for row in found.values["whole"]] == ["overall accuracy", "kappa", "mean F1"]
    assert len(found.values["tiles"]) == (len(ws.tiles) if len(ws.tiles) > 1 else 0)
    accuracies = [row["overall_accuracy"]["mean"] for row in found.values["regions"]]
    assert accuracies == sorted(accuracies)
    page = ws.path(paths.REPORT).read_text(encoding="utf-8")
    assert 'id="skill"' in page
    assert "They are not the accuracy of the map, which takes a probability sample of all of it." in page


def test_a_run_without_them_has_no_such_section(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iota_py.pipeline.topics.skill.read_json", lambda path: {"unit": "polygons"})
    assert topic(ws) is None
