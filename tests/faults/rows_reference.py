"""Rows 44–58: reference polygons and their labels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.samples.polygons import Source, prepare
from tests.conftest import ROOT, Done
from tests.faults import field as land
from tests.faults.row import Evidence, Place, row

REFERENCE = "reference.gpkg"


def give(place: Place, frame: gpd.GeoDataFrame, name: str = REFERENCE) -> Path:
    """Put reference data in the place of those of the field."""
    path = place.folder / name
    path.unlink(missing_ok=True)
    frame.to_file(path, engine="pyogrio")
    return path


def losses(place: Place) -> dict[str, int]:
    """Polygons by what became of them, as the run accounts for it."""
    tables = [pd.read_csv(place.root / name) for name in (paths.DROPS, paths.LOSSES)]
    return {reason: count for table in tables for reason, count in zip(table.reason, table.polygons)}


def lost(place: Place, words: str) -> int:
    """Polygons of which the account says these words."""
    found = [count for reason, count in losses(place).items() if words in str(reason)]
    assert found, losses(place)
    return int(found[0])


def pixels(place: Place) -> pd.DataFrame:
    """Learning and validation pixels of the run."""
    return read_table(place.root / paths.SELECTION)


def refused(place: Place, frame: gpd.GeoDataFrame, field: str, code: str | None = None, **samples: Any) -> Evidence:
    """`check` with these reference data."""
    give(place, frame)
    return Evidence(place.check(samples=samples), REFERENCE, field, code=code)


@row(44, "reference file missing, or another format", "FF 1 E-VEC-001", "the file, and what it is not")
def _(place: Place) -> list[Evidence]:
    absent = Evidence(place.check(samples={"polygons": "nowhere.gpkg"}), "nowhere.gpkg")
    (place.folder / REFERENCE).write_text("id,code\n1,5\n")
    return [absent, Evidence(place.check(), REFERENCE)]


@row(45, "reference without reference system", "FF 1 E-VEC-002", "how to declare it")
def _(place: Place) -> Evidence:
    give(place, land.polygons(), "reference.shp")
    (place.folder / "reference.prj").unlink()
    return Evidence(place.check(samples={"polygons": "reference.shp"}), "reference.shp")


@row(
    46, "reference in another reference system", "OK 0", "brought into that of the map",
    note="It is no fault and is not said on screen; the polygons that were used are in samples/polygons.gpkg, in the system of the map.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    expected = pixels(place)
    give(place, land.polygons().to_crs("EPSG:2154"))
    done = place.train()
    columns = ["row", "col", "code"]
    assert sorted(map(tuple, pixels(place)[columns].to_numpy())) == sorted(map(tuple, expected[columns].to_numpy()))
    return Evidence(done)


@row(47, "label missing, empty or no class", "FF 1 E-SAM-001", "the fields there are; E-SAM-002 with the rows, E-SAM-003 with the values")
def _(place: Place) -> list[Evidence]:
    frame = land.polygons()
    absent = refused(place, frame, "samples.label", label="klass")
    assert "(fields: code)" in absent.done.stderr
    empty = frame.assign(code=frame.code.astype("Int64").mask(frame.index == 7))
    null = refused(place, empty, "code", "E-SAM-002")
    assert "1 rows have no label (rows 7)" in null.done.stderr
    texts = refused(place, frame.assign(code=frame.code.astype(str).replace("5", "cinq")), "code", "E-SAM-003")
    assert "cinq" in texts.done.stderr
    halves = refused(place, frame.assign(code=frame.code + 0.5), "code", "E-SAM-003")
    assert "5.5" in halves.done.stderr
    return [absent, null, texts, halves]


@row(48, "label beyond 8 bits", "FF 1 E-SAM-003", "E-NOM-002 where the nomenclature has it: codes are 1–255")
def _(place: Place) -> list[Evidence]:
    frame = land.polygons()
    found = []
    for wrong in (261, 0, -251):  # 5 modulo 256, nodata, 5 modulo 256
        one = refused(place, frame.assign(code=frame.code.replace(5, wrong)), "code")
        assert str(wrong) in one.done.stderr
        found.append(one)
    text = (ROOT / "configs" / "nomenclatures" / "oso-23.yaml").read_text()
    (place.folder / "classes.yaml").write_text(text.replace("{code: 5,", "{code: 261,"))
    give(place, frame)
    wide = place.command("check", str(place.text(land.yaml_of(land.document(Path("classes.yaml"))))))
    return [*found, Evidence(wide, "classes.yaml", "classes[4].code", code="E-NOM-002")]


@row(49, "label that no class has", "FF 1 E-SAM-003", "the values, and the classes there are")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    one = refused(place, frame.assign(code=frame.code.replace(5, 99)), "code")
    assert "not in nomenclature OSO-23: 99" in one.done.stderr
    return one


@row(50, "bow-tie polygon", "W 0", "mended, both triangles kept; counted in samples/drops.csv")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    x, y = 400000, 4800000
    frame.loc[0, "geometry"] = Polygon([(x, y), (x + 80, y - 40), (x + 80, y), (x, y - 40)])
    give(place, frame)
    done = place.train()
    assert lost(place, "mended (invalid geometry), kept") == 1
    ours = gpd.read_file(place.root / paths.POLYGONS)
    assert ours.geometry.is_valid.all()
    (mended,) = ours.geometry[ours.intersects(box(x + 1, y - 3, x + 79, y - 1))]
    assert mended.area == 2 * 40 * 40 / 2
    return Evidence(done)


@row(51, "empty geometry", "W 0", "dropped and counted; E-SAM-005 above 5 % of the rows (and above three)")
def _(place: Place) -> list[Evidence]:
    frame = land.polygons()
    frame.loc[0, "geometry"] = None
    frame.loc[1, "geometry"] = Polygon()
    with np.errstate(invalid="ignore"):
        frame.loc[2, "geometry"] = Polygon([(400000, 4800000), (np.nan, 4800000), (400010, 4799990)])
    give(place, frame)
    few = Evidence(place.train())
    assert few.done.returncode == 0, few.done.stderr
    assert lost(place, "empty") == 3
    frame.loc[3, "geometry"] = None
    many = refused(place, frame, "geometry", "E-SAM-005")
    return [few, Evidence(many.done, many.where, many.field, code="E-SAM-005", exit=1)]


@row(
    52,
    "lines in place of polygons",
    "FF 1 E-SAM-004",
    "what was found",
    note="Points are reference data too: the pixel that holds one, or `point_radius`.",
)
def _(place: Place) -> list[Evidence]:
    frame = land.polygons()
    lines = refused(place, frame.set_geometry(frame.geometry.map(lambda g: LineString(g.exterior.coords))), "geometry")
    assert "found LineString" in lines.done.stderr
    give(place, frame.set_geometry(frame.geometry.map(lambda g: Point(g.bounds[0] + 5, g.bounds[1] + 5))))
    points = place.train()
    assert len(pixels(place)) <= 40
    return [lines, Evidence(points, code="", exit=0)]


@row(53, "polygon smaller than a pixel", "W 0", "without the centre of a pixel it gives none, and is counted")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    frame.loc[0, "geometry"] = box(400001, 4799991, 400004, 4799999)
    give(place, frame)
    done = place.train()
    assert lost(place, "no pixel centre inside") == 1
    assert len(pixels(place)) == 39 * 9
    return Evidence(done)


@row(54, "polygons outside the tiles", "W 0", "counted; E-SAM-006 with both bounds where all are outside")
def _(place: Place) -> list[Evidence]:
    frame = land.polygons()
    frame.loc[:3, "geometry"] = frame.geometry[:4].translate(100_000)
    give(place, frame)
    some = Evidence(place.train())
    assert lost(place, "outside every tile") == 4
    every = refused(place, frame.set_geometry(frame.geometry.translate(100_000)), "geometry", "E-SAM-006")
    return [some, Evidence(every.done, every.where, every.field, code="E-SAM-006", exit=1)]


@row(55, "overlapping polygons of two classes", "W 0", "the pixels that both claim teach nothing; counted")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    assert frame.code[0] != frame.code[4]
    frame.loc[4, "geometry"] = box(400020, 4799970, 400050, 4799990)  # two rows of the three of the first polygon
    give(place, frame)
    done = place.train()
    found = pixels(place)
    assert not found[(found.row < 3) & (found.col >= 2) & (found.col < 5) & (found.row > 0)].size
    accounted = pd.read_csv(place.root / paths.LOSSES)
    assert accounted.ids[accounted.reason == "pixel in polygons of different classes"].tolist() == ["6 pixels"]
    return Evidence(done)


@row(56, "polygon on the border of two tiles", "OK 0", "each pixel counts once, and all of a polygon is on one side of the split")
def _(place: Place) -> Evidence:
    from affine import Affine
    from odc.geo.geobox import GeoBox

    east = GeoBox((40, 40), Affine(10, 0, 400200, 0, -10, 4800000), "EPSG:32631")
    for day in land.DAYS:
        land.put(place.folder / "s2", day, tile="T31TDJ", grid=east)
    done = place.train(tiles=["31TCJ", "31TDJ"])
    found = pixels(place)
    x = found.col + np.where(found.tile == "31TDJ", 20, 0)
    assert not pd.DataFrame({"x": x, "row": found.row}).duplicated().any()
    assert len(found) == 40 * 9
    split = pd.read_csv(place.root / paths.SPLIT)
    assert not split.polygon.duplicated().any()
    assert not found[["polygon", "run_0"]].drop_duplicates().polygon.duplicated().any()
    return Evidence(done)


@row(57, "polygon as large as the tile", "OK 0", "read by windows; `selection` says how many of its pixels teach")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    frame.loc[0, "geometry"] = box(400000, 4799600, 400400, 4799980).difference(shapely.union_all(frame.geometry[1:].to_numpy()))
    give(place, frame)
    done = place.train(samples={"selection": {"strategy": "constant", "number": 50}})
    learning = read_table(place.root / paths.SELECTION)
    assert learning.groupby("code").size().max() <= 1600
    return Evidence(done)


@row(58, "a million small polygons", "OK 0", "prepared in less than two minutes of one core", slow=True)
def _(place: Place) -> Evidence:
    side, count = 30.0, 1_000_000
    number = np.arange(count)
    x, y = 300_000 + 100.0 * (number % 1000), 4_900_000 - 100.0 * (number // 1000)
    shapes = shapely.box(x, y - side, x + side, y)
    frame = gpd.GeoDataFrame({"code": 5}, index=number, geometry=shapes, crs="EPSG:32631")
    tiles = gpd.GeoSeries([box(300_000, 4_800_000, 400_000, 4_900_000)], crs="EPSG:32631")
    start = time.process_time()
    found = prepare([Source("many", "many.gpkg", frame, frame.code)], tiles, None, merge=False)
    seconds = time.process_time() - start
    assert len(found.frame) == count
    assert seconds < 120, f"{seconds:.0f} s"
    return Evidence(Done(0, f"{seconds:.1f} s", ""))
