"""The polygons of a run: what is refused before it starts, what each task depends on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import Point, box

from iota_py.config import RunConfig, load_config
from iota_py.config.regularisation import Regularisation
from iota_py.config.vector import Vector
from iota_py.errors import InputError
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.inventory import Inventory, load_nomenclature, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.vector import load_zones, source_grid, vector_faults, with_zones, zones_sentence
from iota_py.pipeline.preflight import examine, external_digests

Writer = Callable[[Path, str], Path]
LEFT, RIGHT = box(402_600, 4_837_600, 404_000, 4_840_000), box(404_000, 4_837_600, 407_000, 4_840_000)
FAR = box(500_000, 4_837_600, 501_000, 4_840_000)


def zones(path: Path, names: list[Any], shapes: list[Any], crs: str = "EPSG:32631") -> Path:
    gpd.GeoDataFrame({"code": names}, geometry=shapes, crs=crs).to_file(path, engine="pyogrio")
    return path


def wish(path: Path | None = None, **more: Any) -> Vector:
    return Vector(zones=None if path is None else {"path": path, "field": "code"}, **more)


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def faults(settings: tuple[RunConfig, Inventory], section: Vector, **more: Any) -> list[str]:
    config, inventory = settings
    changed = config.model_copy(update={"vector": section, "regularisation": more.get("regularisation")})
    inventory = replace(inventory, lattice=more.get("grid", inventory.grid))
    return [fault.line() for fault in vector_faults(changed, inventory, more.get("classes", load_nomenclature(config)))]


def test_what_can_be_done_has_no_fault(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    assert faults(settings, wish()) == []
    assert faults(settings, wish(zones(tmp_path / "z.gpkg", ["a", "b"], [LEFT, FAR]))) == []


def test_a_run_without_a_map_of_classes(settings: tuple[RunConfig, Inventory]) -> None:
    config = settings[0].model_copy(update={"inputs": {}, "vector": Vector()})
    (fault,) = vector_faults(config, None, None)
    assert fault.line() == "E-VEC-015 demo: vector: only a map of classes has polygons, and this run makes none. Fix: leave it out"


def test_a_map_in_degrees(settings: tuple[RunConfig, Inventory]) -> None:
    degrees = GeoBox((6, 8), Affine(0.1, 0, 3, 0, -0.1, 44), "EPSG:4326")
    assert faults(settings, wish(), grid=degrees) == [
        "E-VEC-016 demo: vector: polygons need a map in metres, this one is in degree. Fix: give the map another grid.crs"
    ]


def test_a_minimum_mapping_unit_is_that_of_the_regularisation(settings: tuple[RunConfig, Inventory]) -> None:
    assert faults(settings, wish(minimum_mapping_unit="0.1 ha")) == [
        "E-VEC-017 demo: vector.minimum_mapping_unit: polygons are those of the map, and nothing merges its smallest patches. "
        "Fix: add `regularisation: {minimum_size: 0.1 ha}`"
    ]
    ten = Regularisation(minimum_size=10)  # pixels of 10 m
    assert faults(settings, wish(minimum_mapping_unit="0.1 ha"), regularisation=ten) == []
    assert faults(settings, wish(minimum_mapping_unit=10), regularisation=ten) == []
    assert faults(settings, wish(minimum_mapping_unit="0.2 ha"), regularisation=ten) == [
        "E-VEC-018 demo: vector.minimum_mapping_unit: asks for 2000 m², and regularisation.minimum_size makes 1000 m². "
        "Fix: leave it out, or give both the same"
    ]


@pytest.mark.parametrize(("aliases", "said"), [(("Aire", "B"), "Aire"), (("Route", "route"), "Route, route"), (("FID", "B"), "FID")])
def test_aliases_that_cannot_be_columns(settings: tuple[RunConfig, Inventory], aliases: tuple[str, str], said: str) -> None:
    entries = [{"code": k, "alias": alias, "name": {"en": alias}, "colour": [0, 0, k]} for k, alias in enumerate(aliases, 1)]
    (line,) = faults(settings, wish(), classes=Nomenclature.from_document({"classes": entries}, "two.yaml"))
    assert line.startswith("E-VEC-019 ")
    assert line.endswith(
        f"classes: aliases that cannot be columns of the polygons: {said}. Fix: give each class an alias of its own, whatever the case, "
        "and none of Classe, Validmean, Validstd, Confidence, Aire, fid, geom, geometry"
    )


def test_zones_that_cannot_be_used(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    def lines(names: list[Any], shapes: list[Any]) -> list[str]:
        return [line.replace(f"{tmp_path}/", "") for line in faults(settings, wish(zones(tmp_path / "z.gpkg", names, shapes)))]

    assert lines(["a", "b"], [FAR, FAR]) == [
        "E-VEC-020 z.gpkg: vector.zones: none of its 2 zones lies on the map. Fix: give zones of the place that is mapped, or leave them out"
    ]
    assert lines(["a", None, " "], [LEFT, LEFT, LEFT]) == [
        "E-VEC-011 z.gpkg: vector.zones.field: 2 rows have no name in `code`. Fix: name them, or remove them"
    ]
    assert lines(["a", "b", "c"], [LEFT, Point(403_000, 4_838_000), None]) == [
        "E-VEC-012 z.gpkg: vector.zones: 2 of 3 rows are no polygons. Fix: keep those that are"
    ]
    assert lines(["a/b", "..", "Hérault", "ok-1_B"], [LEFT] * 4) == [
        "E-VEC-013 z.gpkg: vector.zones.field: names that cannot be those of files: `..`, `Hérault`, `a/b`. "
        "Fix: take a field of codes: letters without accents, digits, `-` and `_`"
    ]
    assert lines(["2a", "2A"], [LEFT, RIGHT]) == [
        "E-VEC-014 z.gpkg: vector.zones.field: names that differ by case only: 2A, 2a. Fix: give each zone a name of its own"
    ]
    other = Vector(zones={"path": tmp_path / "z.gpkg", "field": "dep"})
    assert faults(settings, other)[0].replace(f"{tmp_path}/", "") == (
        "E-VEC-010 z.gpkg: vector.zones.field: field `dep` is not in the file (fields: code). Fix: name one of them"
    )
    assert faults(settings, wish(tmp_path / "none.gpkg"))[0].startswith("E-VEC-001 ")


def test_rows_of_one_name_are_one_zone_in_the_crs_of_the_map(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    hole = RIGHT.difference(box(405_000, 4_838_000, 405_500, 4_838_500))
    bow = shapely.Polygon([(403_000, 4_838_000), (403_100, 4_838_100), (403_100, 4_838_000), (403_000, 4_838_100)])
    frame = gpd.GeoDataFrame({"code": [31, 81, 31, 9]}, geometry=[LEFT, hole, FAR, bow], crs="EPSG:32631").to_crs("EPSG:2154")
    frame.to_file(tmp_path / "z.gpkg", engine="pyogrio")
    found = load_zones(wish(tmp_path / "z.gpkg").zones, settings[1].grid)
    assert [zone.name for zone in found] == ["31", "81", "9"]
    outlines = {zone.name: zone.outline for zone in found}
    assert outlines["31"].symmetric_difference(LEFT.union(FAR)).area < 200.0  # a straight side is none in another projection
    assert outlines["81"].symmetric_difference(hole).area < 200.0
    assert len(outlines["81"].interiors) == 1
    assert outlines["9"].is_valid
    assert outlines["9"].area == pytest.approx(5000, rel=0.01)


def test_zones_that_miss_the_map_are_named_once(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    config = settings[0].model_copy(update={"vector": wish(zones(tmp_path / "z.gpkg", ["b", "a", "far"], [LEFT, RIGHT, FAR]))})
    inventory = with_zones(config, settings[1])
    assert [name for name, _ in inventory.zones] == ["a", "b"]
    assert inventory.zones_away == ("far",)
    assert zones_sentence(inventory) == "a, b; far lies beside the map and gets no file"
    plan = make_plan(config, inventory, external_digests(config))
    assert [task.id for task in plan.stage("vector")] == ["vector/a", "vector/b"]
    assert zones_sentence(settings[1]) == ""


def test_a_zone_that_only_touches_the_map_misses_it(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    beside = box(407_000, 4_837_600, 408_000, 4_840_000)
    config = settings[0].model_copy(update={"vector": wish(zones(tmp_path / "z.gpkg", ["a", "b"], [LEFT, beside]))})
    assert with_zones(config, settings[1]).zones_away == ("b",)


def test_the_faults_of_zones_are_told_with_all_others(light_config: Writer, tmp_path: Path) -> None:
    zones(tmp_path / "z.gpkg", ["a"], [FAR])
    more = f"vector: {{zones: {{path: {tmp_path / 'z.gpkg'}, field: code}}}}\nsamples: {{label: none}}"
    with pytest.raises(InputError) as caught:
        examine(load_config(light_config(tmp_path, more)))
    assert {fault.code for fault in caught.value.faults} >= {"E-VEC-020"}
    assert len(caught.value.faults) > 1


def plan_of(settings: tuple[RunConfig, Inventory], section: Vector | None, regularisation: Regularisation | None = None) -> Plan:
    config = settings[0].model_copy(update={"vector": section, "regularisation": regularisation})
    return make_plan(config, with_zones(config, settings[1]), external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks} for plan in (before, after))
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_only_the_polygons_and_the_report_depend_on_the_section(settings: tuple[RunConfig, Inventory]) -> None:
    none, one, other = (plan_of(settings, section) for section in (None, wish(), wish(smooth=0)))
    assert changed(none, one) == changed(one, other) == {"vector/map", "vector_table", "report"}
    (task,) = one.stage("vector")
    assert task.needs == ("mosaic/delivered",)
    assert task.outputs == ("vector/map.gpkg", "vector/map.qml", "assessment/vector/map.csv")
    assert "vector_table" in one.by_id()["report"].needs


def test_polygons_are_those_of_the_regular_map_where_there_is_one(settings: tuple[RunConfig, Inventory]) -> None:
    ten, twenty = (plan_of(settings, wish(formats=("shapefile", "parquet")), Regularisation(resolution=m)) for m in (None, 20))
    (task,) = twenty.stage("vector")
    assert task.needs == ("mosaic/delivered", "regularise")
    assert task.outputs[:2] == ("vector/map.zip", "vector/map.parquet")
    assert changed(ten, twenty) == {"regularise", "vector/map", "vector_table", "report"}
    config = settings[0].model_copy(update={"regularisation": Regularisation(resolution=20)})
    assert source_grid(config, settings[1].grid).resolution.x == 20


def test_the_outline_of_a_zone_decides_and_neither_its_place_nor_its_neighbours(
    settings: tuple[RunConfig, Inventory], tmp_path: Path
) -> None:
    first = zones(tmp_path / "a.gpkg", ["w", "e"], [LEFT, RIGHT])
    moved = Path(shutil.copy(first, tmp_path / "b.gpkg"))
    other = zones(tmp_path / "c.gpkg", ["w", "e"], [LEFT, RIGHT.buffer(-10)])
    before, same, after = (plan_of(settings, wish(path)) for path in (first, moved, other))
    assert changed(before, same) == set()
    assert changed(before, after) == {"vector/e", "vector_table", "report"}
