"""Units of a split: what they are, how they are shared out, and what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import load_config
from iota_py.config.samples import Samples
from iota_py.config.splits import Split
from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.publish import write_json
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.reference.splits import (
    block_units,
    draw_words,
    draws_entry,
    groups_of,
    map_places,
    matched_sentences,
    metric_points,
    pixel_roles,
    roles_of_runs,
    split_faults,
    units_of,
)  # fmt: skip
from iota_py.samples.split import LEARNING, NEITHER, VALIDATION, split_by_polygon

CRS = "EPSG:32631"


def polygons(groups: list[str] | None = None) -> gpd.GeoDataFrame:
    """Twelve squares of 10 m, 100 m apart on a line from (0, 0); classes 1 and 2 in turn; the first six in region 1."""
    x = 100.0 * np.arange(12)
    frame = {"polygon": range(12), "code": [1, 2] * 6, "region": [1] * 6 + [2] * 6, "order": range(12), "group": groups or [""] * 12}
    return gpd.GeoDataFrame(frame, geometry=shapely.box(400_000 + x, 0, 400_010 + x, 10), crs=CRS)


def workspace(**split: Any) -> Any:
    samples = Samples(polygons=Path("reference.gpkg"), split=Split(**split))
    return SimpleNamespace(config=SimpleNamespace(samples=samples), region_names={1: "Plain", 2: "Hills"}, runs=samples.split.runs)


def pixels(tiles: list[str]) -> pd.DataFrame:
    """Three pixels of each polygon: two in the tile named, one in tile A."""
    return pd.DataFrame({"polygon": np.repeat(np.arange(12), 3), "tile": [name for tile in tiles for name in ("A", tile, tile)]})


def roles(groups: list[str] | None = None, **split: Any) -> list[pd.Series]:
    return roles_of_runs(workspace(**split), polygons(groups), pixels(["A"] * 6 + ["B"] * 6))[0]


def test_draws_of_polygons_are_those_of_before():
    frame = polygons()
    for run, role in enumerate(roles(runs=3, ratio=0.6, seed=5)):
        assert role.tolist() == split_by_polygon(frame, 0.6, 5 + run).tolist()


def test_blocks_hold_the_polygons_whose_centre_is_in_them():
    """Blocks of 300 m begin at multiples of 300: 399 900, 400 200, … so that two, three, three, three and one polygons share one."""
    unit = block_units(polygons(), 300)
    assert unit.value_counts(sort=False).tolist() == [2, 3, 3, 3, 1]
    folds = roles(kind="blocks", block=300, folds=3)
    for role in folds:
        assert len(set(zip(unit, role))) == unit.nunique()
    assert sum((role == VALIDATION).astype(int) for role in folds).eq(1).all()


def test_blocks_in_degrees_are_measured_in_metres():
    unit = block_units(polygons().to_crs("EPSG:4326"), 100_000)
    assert unit.nunique() <= 2


@pytest.mark.parametrize(
    ("split", "held"),
    [
        ({"kind": "regions", "held_out": ["Hills"]}, range(6, 12)),
        ({"kind": "tiles", "held_out": ["B"]}, range(6, 12)),
        ({"kind": "years", "held_out": [2020]}, range(0, 12, 2)),
        ({"kind": "column", "column": "c", "held_out": ["2020"]}, range(0, 12, 2)),
    ],
)
def test_units_held_out_by_name(split, held):
    (role,) = roles(["2020", "2021"] * 6, **split)
    assert np.flatnonzero(role == VALIDATION).tolist() == list(held)


def test_a_polygon_is_of_the_tile_with_most_of_its_pixels():
    unit = units_of(workspace(kind="tiles"), polygons(), pixels(["A"] * 6 + ["B"] * 6))
    assert unit.tolist() == ["A"] * 6 + ["B"] * 6
    even = pd.DataFrame({"polygon": np.repeat(np.arange(12), 2), "tile": ["B", "A"] * 12})
    assert units_of(workspace(kind="tiles"), polygons(), even).tolist() == ["A"] * 12


def test_a_column_may_say_the_roles():
    (role,) = roles(["learning", "validation", "none"] * 4, kind="column", column="role")
    assert role.tolist() == [LEARNING, VALIDATION, NEITHER] * 4


def test_a_column_may_say_the_folds():
    groups = [str(k % 3) for k in range(12)]
    for role in roles(groups, kind="column", column="fold", folds=3):
        assert len(set(np.array(groups)[role == VALIDATION])) == 1


FEWER = "Fix: ask for fewer folds, or make units smaller"
OTHERWISE = "Fix: change the ratio or the folds, or make units smaller"


@pytest.mark.parametrize(
    ("split", "groups", "line"),
    [
        (
            {"kind": "tiles", "held_out": ["C"]},
            None,
            "E-SPL-003 reference.gpkg: samples.split.held_out: nothing to hold out under C (kind tiles finds A, B). Fix: name some of these",
        ),
        ({"kind": "tiles", "folds": 3}, None, f"E-SPL-004 reference.gpkg: samples.split.folds: 2 tiles for 3 folds (A, B). {FEWER}"),
        (
            {"kind": "blocks", "block": 9e5, "folds": 2},
            None,
            f"E-SPL-004 reference.gpkg: samples.split.folds: 1 blocks for 2 folds (0_0). {FEWER}",
        ),
        (
            {"kind": "column", "column": "c"},
            ["train", "learning"] * 6,
            "E-SPL-005 reference.gpkg: samples.split.column: expected learning, validation, none in column `c`, found train. "
            "Fix: give `held_out`, or `folds`",
        ),
        (
            {"kind": "column", "column": "c"},
            ["learning"] * 12,
            f"E-SPL-006 reference.gpkg: samples.split: in run 0 no polygon validates. {OTHERWISE}",
        ),
        (
            {"kind": "tiles", "held_out": ["A", "B"]},
            None,
            f"E-SPL-006 reference.gpkg: samples.split: in run 0 no polygon learns. {OTHERWISE}",
        ),
    ],
)
def test_faults_of_units(split, groups, line):
    with pytest.raises(InputError) as caught:
        roles(groups, **split)
    assert str(caught.value) == line


def test_groups_are_texts_and_none_is_missing():
    frame = pd.DataFrame({"year": [2020.0, np.nan, 2021.0], "geometry": [0, 0, 0]})
    assert groups_of(frame, pd.Series([2, 0]), "year", "a.gpkg") == ["2021", "2020"]
    with pytest.raises(InputError, match=r"E-SPL-002 a\.gpkg: year: 1 polygons have no value \(rows 1\)\. Fix: fill it in"):
        groups_of(frame, pd.Series([0, 1]), "year", "a.gpkg")
    with pytest.raises(InputError, match=r"E-SPL-001 a\.gpkg: samples\.split\.column: field `annee` is not in the file \(fields: year\)"):
        groups_of(frame, pd.Series([0]), "annee", "a.gpkg")


def test_a_region_that_is_held_out_learns_nothing_of_its_own():
    """Polygon 7 is of region 1, which learns; two of its pixels lie in region 2, which is held out."""
    found = pd.DataFrame({"polygon": [7, 7, 7, 8], "region": [1, 2, 2, 2]})
    splits = pd.DataFrame({"polygon": [7, 8], "region": [1, 2], "run_0": [LEARNING, VALIDATION]})
    assert pixel_roles(Split(kind="regions"), found, splits, 0).tolist() == [LEARNING, NEITHER, NEITHER, VALIDATION]
    assert pixel_roles(Split(), found, splits, 0).tolist() == [LEARNING, LEARNING, LEARNING, VALIDATION]


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({}, None),
        ({"runs": 3}, None),
        ({"folds": 4}, "4 folds of polygons"),
        ({"kind": "blocks", "block": 500, "runs": 2}, "2 draws of blocks of 500 m"),
        ({"kind": "tiles"}, "one draw of tiles"),
        ({"kind": "years", "held_out": [2020, 2021]}, "the held-out years 2020, 2021"),
        ({"kind": "distance", "folds": 5}, "5 folds of clusters matched in distance"),
        ({"kind": "column", "column": "c"}, "the roles of `c`"),
        ({"kind": "column", "column": "c", "folds": 2}, "2 folds of values of `c`"),
    ],
)
def test_runs_in_words(split, words):
    assert draw_words(Split(**split)) == words
    assert draws_entry(Split(**split), "polygons") == ({"draws": words} if words else {})


def test_folds_of_what_stands_for_polygons():
    assert draw_words(Split(folds=3), "series") == "3 folds of series"


class TestPlaces:
    """A tile of 4 × 4 pixels of 100 m whose right half was seen, and a region that holds its upper half."""

    @staticmethod
    def workspace(folder: Path, **split: Any) -> Any:
        box = GeoBox((4, 4), Affine(100, 0, 400_000, 0, -100, 400), CRS)
        seen = np.zeros((4, 4), np.uint8)
        seen[:, 2:] = 1
        write_raster(folder / paths.footprint("T"), box, "uint8", [(Window(0, 0, 4, 4), seen)])
        outline = gpd.GeoDataFrame({"region": [1]}, geometry=[shapely.box(400_000, 200, 400_400, 400)], crs=CRS)
        ws = workspace(**split)
        ws.tiles, ws.grid, ws.above, ws.geobox = ["T"], box, lambda tile: [], lambda tile: box
        ws.path, ws.regions = lambda name: folder / name, lambda crs: outline
        return ws

    def test_places_lie_where_tiles_were_seen_and_a_region_is_mapped(self, tmp_path):
        places = map_places(self.workspace(tmp_path), 500, 1)
        assert sorted(set(zip(places.x, places.y))) == [(400_250, 250), (400_250, 350), (400_350, 250), (400_350, 350)]
        assert np.unique(places.x + places.y, return_counts=True)[1].min() > 80  # 125 of each expected
        assert map_places(self.workspace(tmp_path), 500, 1).equals(places)

    def test_distance_folds_do_not_depend_on_the_order_of_the_file(self, tmp_path):
        ws, frame = self.workspace(tmp_path, kind="distance", folds=3), polygons()
        found, matched = roles_of_runs(ws, frame, pixels(["A"] * 12))
        assert matched is not None
        assert 245 <= matched.prediction < 350  # 245 or 345 m north of the line, 45 m beside the nearest centre
        mixed = frame.sample(frac=1, random_state=3).reset_index(drop=True)
        again, _ = roles_of_runs(ws, mixed, pixels(["A"] * 12))
        for one, other in zip(found, again):
            assert dict(zip(frame.polygon, one)) == dict(zip(mixed.polygon, other))

    def test_the_match_is_said(self, tmp_path):
        ws = self.workspace(tmp_path, kind="distance", folds=3)
        facts = {"clusters": 7, "difference": 44.7, "at_random": 80.2, "prediction": 66.5, "validation": 107.4}
        write_json(tmp_path / paths.DISTANCE, facts)
        assert matched_sentences(ws) == [
            "folds are 7 clusters of polygons: from a validation polygon to the nearest learning one it is 107 m (median), from a place of the map "
            "66 m; the two differ by 45 m on average, with polygons folded at random by 80 m"
        ]
        assert matched_sentences(self.workspace(tmp_path)) == []

    def test_too_few_places(self, tmp_path):
        with pytest.raises(InputError, match=r"E-SPL-004 reference\.gpkg: samples\.split\.folds: polygons at 12 places for 13 folds"):
            roles_of_runs(self.workspace(tmp_path, kind="distance", folds=13), polygons(), pixels(["A"] * 12))


def test_points_in_degrees_become_places_in_space():
    """A hundredth of a degree of latitude at the equator: 1105.7 m."""
    points = gpd.GeoSeries(gpd.points_from_xy([0, 0], [0, 0.01]), crs="EPSG:4326")
    assert np.linalg.norm(np.diff(metric_points(points), axis=0)) == pytest.approx(1105.7, abs=0.1)
    assert metric_points(points.to_crs(CRS)).shape == (2, 2)


def test_names_are_looked_at_before_any_work(light_config, tmp_path):
    config = load_config(light_config(tmp_path, "samples: {split: {kind: tiles, runs: 1, held_out: [31TXX]}}"))
    (fault,) = split_faults(config, take_inventory(config))
    assert fault.line().startswith(
        "E-SPL-003 demo: samples.split.held_out: nothing to hold out under 31TXX (kind tiles finds 31TCJ, 31TDJ)"
    )
    config = load_config(light_config(tmp_path, "samples: {split: {kind: regions, runs: 1, held_out: ['1']}, regions: null}"))
    (fault,) = split_faults(config, None)
    assert fault.line().startswith("E-SPL-010 demo: samples.split.kind: there are no regions to hold out")
