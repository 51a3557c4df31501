"""What is sampled: values, counts and digests that do not depend on windows, files or blocks."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from iota_py.assessment import drawing
from iota_py.assessment.drawing import population
from iota_py.errors import InputError
from iota_py.grid.windows import Window, whole
from iota_py.io.raster import write_cog, write_raster
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline.accuracy import population as module
from iota_py.pipeline.accuracy.population import NEAR, map_digest, opened, survey
from iota_py.pipeline.accuracy.sources import pair_population, population_of
from iota_py.pipeline.accuracy.strata import NEAR_CHANGE, OTHER_CHANGE, strata_of
from tests.pipeline.accuracy.sampled import landscape, write_pair
from tests.pipeline.class_maps import LEFT, TOP, grid_of, write_map, write_nomenclature


@pytest.fixture
def small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of 16 pixels, so that a small map has several."""
    monkeypatch.setattr(module, "CELL", 16)
    monkeypatch.setattr(drawing, "CELL", 16)


@pytest.mark.usefixtures("small_cells")
@pytest.mark.parametrize("pixels", [256, 700, 4000, 1 << 22])
def test_counts_and_digests_do_not_depend_on_windows(tmp_path: Path, pixels: int) -> None:
    a, b = write_pair(tmp_path)
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml", 1)
    found, once = survey(pair, pixels), survey(pair)
    assert found.digests == once.digests
    assert population(found.cells) == population(once.cells)
    assert [c.pixels.tolist() for c in found.cells] == [c.pixels.tolist() for c in once.cells]
    assert len(found.cells) == 4 * 4
    assert found.mapped[0, 1] == (a == 1).sum()
    assert found.mapped[1, 7] == (b == 7).sum()


def test_the_digest_is_of_the_pixels_and_their_place(tmp_path: Path) -> None:
    codes = landscape((70, 80))
    write_nomenclature(tmp_path / "three.yaml")
    write_map(tmp_path / "a.tif", codes)
    write_cog(tmp_path / "cog.tif", grid_of(codes.shape), "uint8", [(whole(codes.shape), codes)], overviews="mode", nodata=0)
    options = {"tiled": True, "blockxsize": 16, "blockysize": 32}
    write_raster(tmp_path / "tiled.tif", grid_of(codes.shape), "uint8", [(whole(codes.shape), codes)], options=options)
    write_map(tmp_path / "moved.tif", codes, row=1)
    codes[3, 4] = 7 if codes[3, 4] != 7 else 1
    write_map(tmp_path / "changed.tif", codes)
    digests = {}
    for name in ("a", "cog", "tiled", "moved", "changed"):
        one = population_of(tmp_path / f"{name}.tif", tmp_path / "three.yaml")
        digests[name] = survey(one).digests[0]
        assert digests[name] == map_digest(one.maps[0], one.parts[0])
    assert digests["a"] == digests["cog"] == digests["tiled"]
    assert len({digests[name] for name in ("a", "moved", "changed")}) == 3


def test_pairs_near_a_change_are_set_apart(tmp_path: Path) -> None:
    a = np.full((5, 6), 1, np.uint8)
    b = a.copy()
    b[1, 1] = 2
    a[4, 5] = 0
    write_map(tmp_path / "a.tif", a)
    write_map(tmp_path / "b.tif", b)
    write_nomenclature(tmp_path / "three.yaml")
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml", 1)
    with opened(pair) as (_, values):
        found = values(Window(0, 0, 5, 6))
        assert np.array_equal(found[:, 2:], values(Window(0, 2, 5, 4)))  # what lies beside a window counts too
    near, same, moved = NEAR + 257, 257, 258
    assert found.tolist() == [
        [near, near, near, same, same, same],
        [near, moved, near, same, same, same],
        [near, near, near, same, same, same],
        [same] * 6,
        [same, same, same, same, same, 0],
    ]


def test_strata_of_change_are_classes_that_stay_and_changes_that_are_large_enough(tmp_path: Path) -> None:
    a, b = 1 << 8, 2 << 8
    counts = {a | 1: 900, b | 2: 50, a | 2: 40, b | 1: 9, a | 7: 1, NEAR + (a | 1): 20}

    write_pair(tmp_path)
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml")
    found = strata_of(pair, counts, 0.01)
    assert [(one.name, one.pixels) for one in found] == [
        ("Ble > Ble", 900), ("Mais > Mais", 50), ("Ble > Mais", 40), (OTHER_CHANGE, 10), (NEAR_CHANGE, 20),
    ]  # fmt: skip
    assert [(one.code, one.code_b) for one in found[:3]] == [(1, 1), (2, 2), (1, 2)]
    assert found[3].values == (b | 1, a | 7)


def test_polygons_cross_the_classes_and_what_lies_outside_is_no_part(tmp_path: Path) -> None:
    codes = np.array([[1, 1, 2, 2], [1, 1, 2, 0]], np.uint8)
    write_map(tmp_path / "a.tif", codes)
    write_nomenclature(tmp_path / "three.yaml")
    west, east = box(LEFT, TOP - 20, LEFT + 20, TOP), box(LEFT + 20, TOP - 10, LEFT + 40, TOP)
    frame = gpd.GeoDataFrame({"name": ["west", "east"]}, geometry=[west, east], crs="EPSG:32631")
    write_gpkg(tmp_path / "zones.gpkg", frame, "zones")
    for crossed, names in ((True, ["east / Mais", "west / Ble"]), (False, ["east", "west"])):
        one = population_of(tmp_path / "a.tif", tmp_path / "three.yaml", tmp_path / "zones.gpkg", "name", crossed)
        strata = strata_of(one, population(survey(one).cells), 0.0)
        assert [(s.name, s.pixels) for s in strata] == list(zip(names, (2, 4)))


def test_a_raster_of_zones_gives_strata_too(tmp_path: Path) -> None:
    write_map(tmp_path / "a.tif", [[1, 2, 2], [1, 1, 0]])
    write_map(tmp_path / "z.tif", [[5, 5, 0], [6, 6, 6]])
    write_nomenclature(tmp_path / "three.yaml")
    one = population_of(tmp_path / "a.tif", tmp_path / "three.yaml", tmp_path / "z.tif", crossed=False)
    strata = strata_of(one, population(survey(one).cells), 0.0)
    assert [(s.name, s.pixels, s.code) for s in strata] == [("5", 2, 0), ("6", 2, 1)]  # classes 1 and 2 in zone 5, 1 alone in zone 6


def test_codes_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    write_map(tmp_path / "a.tif", [[1, 9]])
    write_nomenclature(tmp_path / "three.yaml")
    with pytest.raises(InputError, match=r"E-NOM-017 .*codes of three: 9"):
        survey(population_of(tmp_path / "a.tif", tmp_path / "three.yaml"))
