"""Rules of the regions: parts, lenders, buffers and weights, on squares worked out by hand."""

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
from iota_py.config.regions import Regions, WeightDistance
from iota_py.config.samples import Samples
from iota_py.errors import InputError
from iota_py.io.publish import read_json
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.reference.regions import (
    DISTANCE,
    borrowed_sentences,
    buffer_entries,
    check_parts,
    distance_weights,
    learning_rules,
    model_folders,
    numbers_of_parts,
    of_part,
    of_region,
    region_faults,
    settle_lenders,
    source_region,
    weights,
)  # fmt: skip
from tests.samples.reference import CLASSES

CRS = "EPSG:32631"
NAMES = {1: "Hills", 2: "Mountains", 3: "Plain"}


def outlines() -> gpd.GeoDataFrame:
    """Three squares of a kilometre in a row: Hills at 0-1, Plain at 1-2, Mountains at 4-5 km."""
    shapes = {"Hills": 0, "Mountains": 4000, "Plain": 1000}
    boxes = [shapely.box(400_000 + x, 0, 401_000 + x, 1000) for x in shapes.values()]
    return gpd.GeoDataFrame({"name": list(shapes), "region": [1, 2, 3]}, geometry=boxes, crs=CRS)


def workspace(folder: Path, runs: int = 1, parts: dict[int, int] | None = None, **rules: Any) -> Any:
    path = folder / "regions.gpkg"
    write_gpkg(path, outlines(), "regions")
    samples = Samples(polygons=Path("reference.gpkg"), regions=Regions(path=path, field="name", **rules))
    box = GeoBox((10, 50), Affine(100, 0, 400_000, 0, -100, 1000), CRS)
    return SimpleNamespace(
        config=SimpleNamespace(samples=samples, name="r", fusion=None), region_names=NAMES, runs=runs, parts=parts or {}, tiles=["T"],
        path=lambda name: folder / name, regions=lambda crs: outlines(), geobox=lambda tile: box, nomenclature=CLASSES,
    )  # fmt: skip


def samples(*places: tuple[int, float]) -> pd.DataFrame:
    """Samples of class 1 and 5 in turn, (region, kilometres east), each of a polygon of its own."""
    count = len(places)
    return pd.DataFrame(
        {
            "tile": "T", "polygon": range(count), "code": [1, 5] * (count // 2) + [1] * (count % 2), "region": [region for region, _ in places],
            "x": [400_000 + 1000 * km for _, km in places], "y": 500.0,
        }
    )  # fmt: skip


class TestBuffer:
    """Hills ends at 1 km; the samples of Plain are 100, 300 and 700 m beyond."""

    FOUND = samples((1, 0.5), (3, 1.1), (3, 1.3), (3, 1.7))

    def test_without_one_a_region_has_its_own_samples(self, tmp_path):
        assert of_region(workspace(tmp_path), self.FOUND, 1).equals(self.FOUND[:1])

    def test_samples_near_by_are_added_with_their_distance(self, tmp_path):
        found = of_region(workspace(tmp_path, buffer=300), self.FOUND, 1)
        assert found.polygon.tolist() == [0, 1, 2]
        assert found[DISTANCE].tolist() == pytest.approx([0, 100, 300])
        assert found.region.tolist() == [1, 3, 3]

    def test_weights_fall_with_the_distance(self, tmp_path):
        ws = workspace(tmp_path, buffer=400, weight_distance={"metres": 400})
        found = of_region(ws, self.FOUND, 1)
        assert weights(ws.config.samples.regions, found).tolist() == pytest.approx([1, 0.75, 0.25])
        far = workspace(tmp_path, buffer=2000, weight_distance={"metres": 300})
        assert of_region(far, self.FOUND, 1).polygon.tolist() == [0, 1], "a sample that weighs nothing is not learnt from"
        assert weights(workspace(tmp_path, buffer=300).config.samples.regions, found) is None
        assert weights(ws.config.samples.regions, self.FOUND) is None
        assert weights(ws.config.samples.regions, found.assign(**{DISTANCE: np.nan})).tolist() == [1, 1, 1]

    def test_the_ledger_counts_what_was_taken(self, tmp_path):
        rows = buffer_entries(workspace(tmp_path, buffer=300), self.FOUND, 0)
        assert rows[["region", "code", "polygons", "pixels"]].to_numpy().tolist() == [["Hills", 1, 1, 1], ["Hills", 5, 1, 1]]
        assert buffer_entries(workspace(tmp_path), self.FOUND, 0).empty


def test_the_two_laws():
    distance = np.array([0.0, 50, 100, 200])
    assert distance_weights(distance, WeightDistance(metres=100)).tolist() == [1, 0.5, 0, 0]
    exponential = distance_weights(distance, WeightDistance(law="exponential", metres=100))
    assert exponential.tolist() == pytest.approx([1, 0.60653, 0.36788, 0.13534], abs=1e-5)


class TestLenders:
    """Mountains has no sample; Plain is nearer to it than Hills."""

    FOUND = samples((1, 0.5), (3, 1.5))

    def test_nobody_borrows_where_all_have_samples(self, tmp_path):
        ws = workspace(tmp_path, borrow={"Mountains": "Plain"})
        assert settle_lenders(ws, {0: samples((1, 0.5), (2, 4.5), (3, 1.5))}) == {}
        assert source_region(ws, 2, 0) == 2
        assert borrowed_sentences(ws) == []

    @pytest.mark.parametrize(
        ("borrow", "lender"), [({"Mountains": "Hills"}, "Hills"), ({"Mountains": "Plain"}, "Plain"), ("auto", "Plain")]
    )
    def test_the_one_that_is_named_or_the_nearest(self, tmp_path, borrow, lender):
        ws = workspace(tmp_path, runs=2, borrow=borrow)
        settle_lenders(ws, {0: self.FOUND, 1: samples((1, 0.5), (2, 4.5), (3, 1.5))})
        assert read_json(tmp_path / paths.BORROWED) == {"0": {"Mountains": lender}}
        assert NAMES[source_region(ws, 2, 0)] == lender
        assert source_region(ws, 2, 1) == 2
        assert borrowed_sentences(ws) == [f"region Mountains has no learning sample: it uses the model of {lender} (run 0)"]

    def test_the_nearest_is_one_that_has_samples(self, tmp_path):
        assert settle_lenders(workspace(tmp_path, borrow="auto"), {0: samples((1, 0.5))}) == {"0": {"Mountains": "Hills", "Plain": "Hills"}}

    def test_a_buffer_may_feed_a_region(self, tmp_path):
        ws = workspace(tmp_path, buffer=2600)
        assert settle_lenders(ws, {0: self.FOUND}) == {}
        assert of_region(ws, self.FOUND, 2).polygon.tolist() == [1]

    def test_without_the_rule_such_a_region_stops_the_run(self, tmp_path):
        with pytest.raises(InputError) as caught:
            settle_lenders(workspace(tmp_path), {0: self.FOUND})
        assert str(caught.value) == (
            "E-SAM-008 reference.gpkg: samples.regions: run 0 has no learning pixel in region Mountains, which the tiles touch. Fix: add polygons "
            "there, cut the region out of the regions file, or name under samples.regions.borrow the region that it learns from"
        )

    def test_a_lender_without_samples(self, tmp_path):
        with pytest.raises(InputError) as caught:
            settle_lenders(workspace(tmp_path, borrow={"Mountains": "Plain", "Hills": "Plain"}), {0: samples((1, 0.5))[:0]})
        assert str(caught.value) == (
            "E-REG-004 reference.gpkg: samples.regions.borrow.Hills: run 0 has no learning pixel in region Hills, nor in Plain from which it "
            "borrows. Fix: borrow from another region"
        )


class TestParts:
    @staticmethod
    def polygons(*areas: tuple[int, float]) -> gpd.GeoDataFrame:
        """(region, hectares): rectangles 100 m high."""
        boxes = [shapely.box(400_000, 0, 400_000 + 100 * area, 100) for _, area in areas]
        return gpd.GeoDataFrame({"region": [region for region, _ in areas]}, geometry=boxes, crs=CRS)

    def test_as_many_as_keep_within_the_area(self, tmp_path):
        found = self.polygons((1, 4), (1, 6), (3, 10), (3, 0.1), (2, 3))
        config = workspace(tmp_path, maximum_area=5).config
        assert numbers_of_parts(config, NAMES.items(), found) == ((1, 2), (3, 3))
        assert numbers_of_parts(workspace(tmp_path, maximum_area=50).config, NAMES.items(), found) == ()
        assert numbers_of_parts(workspace(tmp_path).config, NAMES.items(), found) == ()

    @pytest.mark.parametrize("borrow", ["auto", {"Mountains": "Plain"}])
    def test_who_borrows_has_the_parts_of_the_lender(self, tmp_path, borrow):
        config = workspace(tmp_path, maximum_area=5, borrow=borrow).config
        assert numbers_of_parts(config, NAMES.items(), self.polygons((1, 4), (3, 10))) == ((2, 2), (3, 2))

    def test_areas_in_degrees_are_hectares_too(self, tmp_path):
        config = workspace(tmp_path, maximum_area=5).config
        assert numbers_of_parts(config, NAMES.items(), self.polygons((1, 9.9)).to_crs("EPSG:4326")) == ((1, 2),)

    def test_parts_hold_whole_polygons_and_every_sample_once(self):
        rng = np.random.default_rng(1)
        polygon = np.sort(rng.integers(0, 30, 400))
        found = pd.DataFrame({"polygon": polygon, "code": 1 + polygon % 3, "x": rng.uniform(0, 1e4, 400), "y": rng.uniform(0, 1e4, 400)})
        parts = [of_part(found, 1, part, 3) for part in range(3)]
        assert sorted(pd.concat(parts).index) == list(range(400))
        assert sum(part.polygon.nunique() for part in parts) == found.polygon.nunique()
        assert all(part.code.nunique() == 3 for part in parts)
        mixed = found.sample(frac=1, random_state=2)
        renamed = mixed.assign(polygon=(mixed.polygon * 7) % 30)
        for part in range(3):
            assert set(of_part(mixed, 1, part, 3).index) == set(parts[part].index)
            assert set(of_part(renamed, 1, part, 3).index) == set(parts[part].index), "numbers of polygons say nothing"

    def test_samples_of_no_polygon_are_dealt_one_by_one_and_years_apart(self):
        found = pd.DataFrame({"polygon": -1, "code": 1, "x": np.arange(9.0), "y": 0.0})
        assert [len(of_part(found, 1, part, 3)) for part in range(3)] == [3, 3, 3]
        years = pd.DataFrame({"polygon": 5, "code": 1, "x": [0.0, 1], "y": 0.0, "year": [2020, 2021]})
        assert [len(of_part(years, 1, part, 2)) for part in range(2)] == [1, 1]

    def test_models_of_a_region_are_run_after_run(self, tmp_path):
        ws = workspace(tmp_path, runs=2, parts={3: 2})
        assert model_folders(ws, 1) == ("models/region_1_run_0", "models/region_1_run_1")
        assert model_folders(ws, 3) == tuple(f"models/region_3_run_{run}_part_{part}" for run in (0, 1) for part in (0, 1))

    def test_a_part_that_would_learn_a_single_class_stops_the_run(self, tmp_path):
        found = samples((3, 1.1), (3, 1.2), (3, 1.3), (3, 1.4))
        check_parts(workspace(tmp_path, parts={3: 2}), {0: found})
        with pytest.raises(InputError) as caught:
            check_parts(workspace(tmp_path, parts={3: 3}), {0: found})
        assert str(caught.value).startswith("E-REG-005 reference.gpkg: samples.regions.maximum_area: part ")
        assert str(caught.value).endswith(" of 3 of region Plain would learn 1 classes in run 0. Fix: raise the area")


def test_rules_that_decide_the_samples(light_config, tmp_path):
    config = load_config(light_config(tmp_path, "samples: {regions: {maximum_area: 9, buffer: 50}}"))
    assert learning_rules(config) == {"buffer": 50}
    assert learning_rules(load_config(light_config(tmp_path, "samples: {regions: null}"))) == {}


def test_faults_before_any_work(light_config, tmp_path):
    config = load_config(light_config(tmp_path, "samples: {regions: {borrow: {Alps: '1'}}}"))
    (fault,) = region_faults(config)
    assert fault.line().endswith("ecoregions.gpkg: samples.regions.borrow: no region Alps. Fix: the regions are 1, 2")
    assert fault.code == "E-REG-003"
    fused = "fusion: {members: {a: [sentinel2], b: [sentinel2]}}\nsamples: {regions: {maximum_area: 9}}"
    (fault,) = region_faults(load_config(light_config(tmp_path, fused)))
    assert fault.line() == (
        "E-REG-008 demo: samples.regions.maximum_area: the members of a fusion and the parts of a divided region cannot vote together. "
        "Fix: leave one of them out"
    )
