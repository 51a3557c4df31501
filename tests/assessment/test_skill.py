from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.bootstrap import scored
from iota_py.assessment.figures import DPI
from iota_py.assessment.matrix_figure import share_figure
from iota_py.assessment.metrics import interval
from iota_py.assessment.skill import COLUMNS, level_matrices, level_scores, over_runs, share_table, shares_of
from iota_py.nomenclature import Nomenclature

from .images import rgba
from .test_bootstrap import CODES, HAND


@pytest.fixture(scope="module")
def classes(oso: Nomenclature) -> Nomenclature:
    return oso.subset(CODES)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Polygons 10 and 11 in the north on tile A, the others in the south on tiles A and B."""
    place = {10: ("north", "A"), 11: ("north", "A"), 20: ("south", "A"), 21: ("south", "B"), 30: ("south", "B")}
    return HAND.assign(region=HAND.polygon.map(lambda p: place[p][0]), tile=HAND.polygon.map(lambda p: place[p][1]))


def of(found: pd.DataFrame, level: str, place: str = "", run: str = "", name: str = "", measure: str = "overall_accuracy") -> pd.Series:
    chosen = found[
        (found.level == level) & (found.place == place) & (found.run == run) & (found["class"] == name) & (found.measure == measure)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_scores_of_every_level(table: pd.DataFrame, classes: Nomenclature) -> None:
    whole = scored(table, CODES)
    found = level_scores(table, classes, whole)
    assert list(found.columns) == COLUMNS
    assert set(found.level) == {"all", "run", "region", "region_run", "tile"}
    everything = of(found, "all")
    assert everything["mean"] == pytest.approx((24 / 27 + 12 / 16) / 2)
    assert everything.half_width == pytest.approx(interval([24 / 27, 12 / 16])["half_width"])
    assert (everything.low, everything.high) == pytest.approx(tuple(whole.limits[0]))
    assert (everything.runs, everything.polygons, everything.pixels) == (2, 5, 21.5)
    assert of(found, "run", run="1")["mean"] == pytest.approx(12 / 16)
    north = of(found, "region", "north")
    assert north["mean"] == pytest.approx((10 / 12 + 1) / 2)
    assert of(found, "region_run", "north", "0")["mean"] == pytest.approx(10 / 12)
    tile = of(found, "tile", "B", name=classes[7].alias, measure="recall")
    assert (tile["mean"], tile.runs, tile.polygons) == (0.5, 1, 1)
    assert np.isnan(tile.half_width)
    assert np.isnan(tile.low)
    assert classes[7].alias not in set(found[found.place == "north"]["class"])


def test_samples_that_lie_on_no_tile(table: pd.DataFrame, classes: Nomenclature) -> None:
    found = level_scores(table.assign(tile=""), classes, scored(table, CODES))
    assert set(found.level) == {"all", "run", "region", "region_run"}
    assert set(level_matrices(table.assign(tile=""), {1: "a", 2: "b", 7: "c"}).level) == {"all", "region"}


def test_means_over_runs_are_those_of_the_interval() -> None:
    by_run = np.array([[0.5, 0.75, 1.0], [np.nan, 0.2, 0.4], [np.nan, np.nan, 0.3], [np.nan] * 3])
    mean, half_width, number = over_runs(by_run)
    for row, values in enumerate(by_run):
        expected = interval(values)
        none = [np.nan if expected[key] is None else expected[key] for key in ("mean", "half_width")]
        assert [mean[row], half_width[row]] == pytest.approx(none, nan_ok=True)
        assert number[row] == expected["n"]


def test_matrices_of_every_level(table: pd.DataFrame) -> None:
    found = level_matrices(table, {1: "one", 2: "two", 7: "seven"})
    assert found.groupby("level").pixels.sum().to_dict() == {"all": 46, "region": 46, "tile": 46}
    cell = found[(found.level == "tile") & (found.place == "A") & (found.run == 0) & (found.reference == "two")]
    assert cell[["map", "pixels"]].to_numpy().tolist() == [["(none)", 3], ["two", 5]]


def test_shares_by_row_and_by_column(classes: Nomenclature) -> None:
    matrix = np.array([[6, 2, 0], [0, 2, 0], [0, 0, 0]])
    assert shares_of(matrix, 1).tolist()[:2] == [[0.75, 0.25, 0], [0, 1, 0]]
    assert np.isnan(shares_of(matrix, 1)[2]).all()
    assert shares_of(matrix, 0)[:, 1].tolist() == [0.5, 0.5, 0]
    by_column = share_table(matrix, classes, axis=0)
    assert by_column.index.name == "reference"
    assert list(by_column.columns) == [c.alias for c in classes.classes]


def test_the_figure_of_shares_grows_with_the_classes() -> None:
    small, large = (rgba(share_figure(np.eye(n), [f"class {k}" for k in range(n)])).shape for n in (3, 23))
    assert large[1] > small[1] >= 3.5 * DPI - 1
    assert share_figure(np.full((2, 2), np.nan), ["a", "b"]) == share_figure(np.full((2, 2), np.nan), ["a", "b"])
