"""The regular map of a run: what is refused before it starts, what the task depends on, what it writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage
from shapely.geometry import Point, box

from iota_py.config import RunConfig, load_config
from iota_py.config.regularisation import Regularisation
from iota_py.grid.windows import whole
from iota_py.io.publish import sha256
from iota_py.io.raster import write_cog
from iota_py.mapping.regularisation import chain
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.regularisation import regularisation_faults
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.regularisation import change_table, write_regularised

Writer = Callable[[Path, str], Path]
GRID = GeoBox((6, 8), Affine(10, 0, 400_000, 0, -10, 4_800_060), "EPSG:32631")
GROUPS = {1: "town", 2: "town", 5: "green", 9: "water"}
COLOURS = {1: [255, 0, 0], 2: [200, 0, 0], 5: [0, 255, 0], 9: [0, 0, 255]}


def classes(grouped: bool = True) -> Nomenclature:
    entries = [
        {
            "code": code,
            "alias": f"C{code}",
            "name": {"en": f"class {code}"},
            "colour": COLOURS[code],
            **({"group": group} if grouped else {}),
        }
        for code, group in GROUPS.items()
    ]
    return Nomenclature.from_document({"name": "four", "classes": entries}, "four.yaml")


def outline(path: Path, *shapes: Any) -> Path:
    gpd.GeoDataFrame(geometry=list(shapes), crs=GRID.crs).to_file(path, engine="pyogrio")
    return path


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def faults(settings: tuple[RunConfig, Inventory], wish: Regularisation, grid: GeoBox = GRID, grouped: bool = True) -> list[str]:
    inventory: Any = SimpleNamespace(tiles=settings[1].tiles, grid=grid)
    found = regularisation_faults(settings[0].model_copy(update={"regularisation": wish}), inventory, classes(grouped))
    return [fault.line() for fault in found]


def test_what_can_be_done_has_no_fault(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    land = outline(tmp_path / "land.gpkg", box(400_000, 4_800_000, 400_030, 4_800_060))
    wish = Regularisation(minimum_size="0.1 ha", resolution=20, recode={"polygons": land, "from": "C9", "to": 0})
    assert faults(settings, wish) == []


def test_a_resolution_that_is_no_multiple(settings: tuple[RunConfig, Inventory]) -> None:
    assert faults(settings, Regularisation(resolution=25)) == [
        "E-SIV-001 demo: regularisation.resolution: pixels of 25 are no whole multiple of 10. Fix: give a multiple, or leave it out"
    ]


def test_an_area_on_a_grid_in_degrees(settings: tuple[RunConfig, Inventory]) -> None:
    degrees = GeoBox((6, 8), Affine(0.1, 0, 3, 0, -0.1, 44), "EPSG:4326")
    assert faults(settings, Regularisation(minimum_size="1 ha"), degrees) == [
        "E-SIV-002 demo: regularisation.minimum_size: an area needs a map in metres, this one is in degree. "
        "Fix: give a number of pixels, or the map another grid.crs"
    ]
    assert faults(settings, Regularisation(minimum_size=9), degrees) == []


def test_classes_without_a_group(settings: tuple[RunConfig, Inventory]) -> None:
    (line,) = faults(settings, Regularisation(), grouped=False)
    assert line.startswith("E-SIV-003 ")
    assert line.endswith(
        "regularisation.by_group: classes without a group: C1, C2, C5, C9. Fix: give each class its `group`, or set by_group: false"
    )
    assert faults(settings, Regularisation(by_group=False), grouped=False) == []


def test_recodings_that_cannot_be_done(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    land = outline(tmp_path / "land.gpkg", box(400_000, 4_800_000, 400_030, 4_800_060))
    far = outline(tmp_path / "far.gpkg", box(0, 0, 10, 10), Point(400_001, 4_800_001))

    def line(file: Path, source: int | str, to: int | str) -> str:
        (found,) = faults(settings, Regularisation(recode=({"polygons": file, "from": source, "to": to},)))
        return found.replace(f"{tmp_path}/", "")

    assert line(land, "Sea", 5) == (
        "E-SIV-004 four: regularisation.recode.0.from: no class `Sea` in four. Fix: name a class, such as 1 C1, 2 C2, 5 C5, 9 C9"
    )
    assert line(land, 9, 77).startswith("E-SIV-004 four: regularisation.recode.0.to: no class `77` in four")
    for source, to in ((9, "C9"), (0, 9)):
        assert line(land, source, to) == (
            f"E-SIV-005 land.gpkg: regularisation.recode.0: from `{source}` to `{to}` is no change of a class. "
            "Fix: name two classes; only `to` may be 0, no data"
        )
    assert line(far, 9, 5) == (
        "E-SIV-006 far.gpkg: regularisation.recode.0.polygons: none of its 1 polygons lies on the map. "
        "Fix: give the outline of the land or of the sea there"
    )
    assert line(tmp_path / "none.gpkg", 9, 5).startswith("E-VEC-001 none.gpkg")


def test_a_run_without_a_map_of_classes(settings: tuple[RunConfig, Inventory]) -> None:
    config = settings[0].model_copy(update={"inputs": {}, "regularisation": Regularisation()})
    (fault,) = regularisation_faults(config, None, None)
    assert (
        fault.line()
        == "E-SIV-007 demo: regularisation: only a map of classes can be regularised, and this run makes none. Fix: leave it out"
    )


def plan_of(settings: tuple[RunConfig, Inventory], wish: Regularisation | None) -> Plan:
    config = settings[0].model_copy(update={"regularisation": wish})
    return make_plan(config, settings[1], external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks} for plan in (before, after))
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_only_the_regular_map_and_the_report_depend_on_the_section(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    none, ten, nine = (plan_of(settings, wish) for wish in (None, Regularisation(), Regularisation(minimum_size=9)))
    assert changed(none, ten) == changed(ten, nine) == {"regularise", "report"}
    (task,) = ten.stage("regularise")
    assert task.needs == ("mosaic/delivered",)
    assert "regularise" in ten.by_id()["report"].needs


def test_the_content_of_polygons_decides_and_not_their_place(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    a = outline(tmp_path / "a.geojson", box(3, 44, 4, 45))
    same, other = Path(shutil.copy(a, tmp_path / "b.geojson")), outline(tmp_path / "c.geojson", box(3, 44, 4, 46))
    plans = [plan_of(settings, Regularisation(recode=({"polygons": file, "from": 23, "to": 1},))) for file in (a, same, other)]
    keys = [plan.by_id()["regularise"].key for plan in plans]
    assert keys[0] == keys[1] != keys[2]


MAP = np.array(
    [
        [1, 1, 1, 1, 5, 5, 5, 5],
        [1, 2, 1, 1, 5, 5, 9, 5],
        [1, 1, 1, 1, 5, 5, 5, 5],
        [1, 1, 1, 1, 9, 9, 9, 9],
        [0, 1, 1, 1, 9, 9, 9, 9],
        [0, 0, 1, 1, 9, 9, 9, 9],
    ],
    np.uint8,
)


def small_run(folder: Path, wish: Regularisation) -> SimpleNamespace:
    """What the step reads of a workspace, with this map delivered."""
    write_cog(folder / paths.map_layer("classification"), GRID, "uint8", [(whole(GRID.shape), MAP)], overviews="mode", nodata=0)
    config = SimpleNamespace(regularisation=wish, languages=("en",))
    return SimpleNamespace(config=config, nomenclature=classes(), grid=GRID, path=lambda name: folder / name)


def test_what_the_step_writes(tmp_path: Path) -> None:
    land = outline(tmp_path / "land.gpkg", box(400_000, 4_800_000, 400_060, 4_800_060))  # all but the last two columns
    ws = small_run(tmp_path, Regularisation(minimum_size=2, recode=({"polygons": land, "from": 9, "to": 2},)))
    write_regularised(ws, {})
    with rasterio.open(tmp_path / "map/regularised.tif") as made:
        assert made.read(1).tolist() == [
            [1, 1, 1, 1, 5, 5, 5, 5],
            [1, 1, 1, 1, 5, 5, 5, 5],
            [1, 1, 1, 1, 5, 5, 5, 5],
            [1, 1, 1, 1, 2, 2, 9, 9],
            [0, 1, 1, 1, 2, 2, 9, 9],
            [0, 0, 1, 1, 2, 2, 9, 9],
        ]
        assert (made.nodata, made.profile["driver"], made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]) == (0, "GTiff", "COG")
        assert made.colormap(1)[5] == (0, 255, 0, 255)
        assert made.descriptions == ("class, nomenclature four",)
    assert "class 9" in (tmp_path / "map/regularised.qml").read_text()
    table = pd.read_csv(tmp_path / "assessment/regularisation.csv").set_index("code")
    assert table.pixels_before.to_dict() == {1: 20, 2: 1, 5: 11, 9: 13}
    assert table.pixels_after.to_dict() == {1: 21, 2: 6, 5: 12, 9: 6}
    assert table.change_percent.round(1).to_dict() == {1: 5.0, 2: 500.0, 5: 9.1, 9: -53.8}


def test_larger_pixels_and_bytes_that_do_not_depend_on_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wish, found = Regularisation(minimum_size="300 m2", resolution=20, passes=2), set()
    for side, tile in ((2048, 256), (2, 1), (6, 1)):
        monkeypatch.setattr(chain, "SIDE", side)
        monkeypatch.setattr(chain, "TILE", tile)
        ws = small_run(tmp_path / str(side), wish)
        write_regularised(ws, {})
        found.add(sha256(tmp_path / str(side) / paths.REGULARISED))
    assert len(found) == 1
    with rasterio.open(tmp_path / "2048" / paths.REGULARISED) as made:
        # 2 x 2 each; the rows 2 and 3 hold 5 above 9, equal: the first one. The pixel at the lower left is mostly without data.
        assert made.read(1).tolist() == [[1, 1, 5, 5], [1, 1, 5, 5], [0, 1, 9, 9]]
        assert made.res == (20, 20)
    table = pd.read_csv(tmp_path / "2048" / paths.REGULARISATION).set_index("code")
    assert table.pixels_after.to_dict() == {1: 5, 2: 0, 5: 4, 9: 2}
    assert table.hectares_after[9] == pytest.approx(0.08)


def test_no_patch_of_larger_pixels_is_below_the_smallest_size(tmp_path: Path) -> None:
    smallest = {}
    for passes in (None, 1):
        write_regularised(small_run(tmp_path / str(passes), Regularisation(minimum_size="900 m2", resolution=20, passes=passes)), {})
        with rasterio.open(tmp_path / str(passes) / paths.REGULARISED) as made:
            values = made.read(1)
        sizes = [np.bincount(ndimage.label(values == code)[0].ravel())[1:] for code in np.unique(values[values > 0])]
        smallest[passes] = int(np.concatenate(sizes).min())
    assert smallest == {None: 4, 1: 2}  # of 400 m²


def test_a_class_that_comes_or_goes() -> None:
    before, after = np.zeros(256, np.int64), np.zeros(256, np.int64)
    before[1], after[5] = 4, 1
    coarse = GeoBox((3, 4), Affine(20, 0, 400_000, 0, -20, 4_800_060), GRID.crs)
    table = change_table((before, GRID), (after, coarse), classes()).set_index("code")
    assert table.change_percent[1] == -100
    assert np.isnan(table.change_percent[5])
    assert table.hectares_before[1] == table.hectares_after[5] == pytest.approx(0.04)


def test_a_finished_run_makes_only_the_regular_map_and_its_report(light_run: RunConfig, light_config: Writer, tmp_path: Path) -> None:
    path = light_config(tmp_path, "regularisation: {minimum_size: 6, resolution: 20, passes: 2}")
    shutil.copytree(light_run.output, tmp_path / "run")
    config = load_config(path)
    before = sha256(config.output / paths.map_layer("classification"))
    assert run(config).executed == {"regularise": 1, "report": 1}
    assert sha256(config.output / paths.map_layer("classification")) == before
    table = pd.read_csv(config.output / paths.REGULARISATION)
    assert (table.pixels_before > 0).sum() > 3
    report = (config.output / paths.REPORT).read_text(encoding="utf-8")
    assert '<h2 id="regularised">Regularised map</h2>' in report
    assert not list(config.output.rglob("*.part*"))
    first = sha256(config.output / paths.REGULARISED)
    (config.output / paths.REGULARISED).unlink()
    assert run(config).executed["regularise"] == 1
    assert sha256(config.output / paths.REGULARISED) == first
