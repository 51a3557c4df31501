"""What the step of the polygons writes, on a map of a few pixels whose figures are counted by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.config.regularisation import Regularisation
from iota_py.config.vector import Vector
from iota_py.errors import InputError, StorageError
from iota_py.grid.windows import whole
from iota_py.io import layers
from iota_py.io.raster import write_cog
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.steps.reporting import vector_table
from iota_py.pipeline.steps.vector import field_widths, write_vector_table, write_zone

WEST, NORTH = 400_000, 4_800_040
FINE = GeoBox((4, 8), Affine(10, 0, WEST, 0, -10, NORTH), "EPSG:32631")
COARSE = GeoBox((2, 4), Affine(20, 0, WEST, 0, -20, NORTH), "EPSG:32631")
CLASSES = np.array([[1, 1, 1, 1, 2, 2, 2, 2], [1, 2, 1, 1, 2, 1, 2, 2], [1, 1, 1, 1, 2, 2, 0, 0], [1, 1, 1, 1, 2, 2, 0, 0]], np.uint8)
CONFIDENCE = np.where(CLASSES == 1, 80, np.where(CLASSES == 2, 60, 0)).astype(np.uint8)
VALIDITY = np.tile(np.arange(8, dtype=np.uint8), (4, 1))
REGULAR = np.array([[1, 1, 2, 2], [1, 1, 2, 0]], np.uint8)  # pixels of 20 m


def classes() -> Nomenclature:
    entries = [{"code": k, "alias": f"C{k}", "name": {"en": f"class {k}"}, "colour": [0, 0, k]} for k in (1, 2)]
    return Nomenclature.from_document({"name": "two", "classes": entries}, "two.yaml")


def workspace(folder: Path, regular: bool = True, **wish: Any) -> SimpleNamespace:
    """What the step reads of a workspace, with these maps delivered."""
    maps = {"classification": CLASSES, "confidence": CONFIDENCE, "validity": VALIDITY}
    for layer, values in maps.items():
        write_cog(folder / paths.map_layer(layer), FINE, "uint8", [(whole(FINE.shape), values)], overviews="nearest", nodata=None)
    write_cog(folder / paths.REGULARISED, COARSE, "uint8", [(whole(COARSE.shape), REGULAR)], overviews="mode", nodata=0)
    config = SimpleNamespace(
        languages=("en", "fr"),
        vector=Vector(simplify=0, smooth=0, **wish),
        regularisation=Regularisation(resolution=20, by_group=False) if regular else None,
    )
    return SimpleNamespace(config=config, nomenclature=classes(), grid=FINE, path=lambda name: folder / name)


def zones(path: Path, **outlines: Any) -> dict[str, Any]:
    gpd.GeoDataFrame({"code": list(outlines)}, geometry=list(outlines.values()), crs="EPSG:32631").to_file(path, engine="pyogrio")
    return {"path": path, "field": "code"}


def test_outlines_of_the_regular_map_and_figures_of_the_map_itself(tmp_path: Path) -> None:
    write_zone(workspace(tmp_path), {"zone": None})
    found = read_vectors(tmp_path / "vector/map.gpkg", "map")
    assert found.Classe.tolist() == [1, 2]
    assert found.geometry.iloc[0].equals(box(WEST, NORTH - 40, WEST + 40, NORTH))
    assert found.geometry.iloc[1].equals(box(WEST + 40, NORTH - 40, WEST + 60, NORTH).union(box(WEST + 60, NORTH - 20, WEST + 80, NORTH)))
    # 16 pixels of 10 m, 15 of them of class 1: columns 0 0 0 0, 1 1 1, 2 2 2 2, 3 3 3 3: sum 23, squares 55, 55/15 - (23/15)² = 1.3156
    # 12 pixels, 11 of class 2: columns 4 4 4 4, 5 5 5, 6 6, 7 7: sum 57, squares 309, 309/11 - (57/11)² = 1.2397
    assert found.Validmean.tolist() == [2, 5]
    assert found.Validstd.tolist() == [1.15, 1.11]
    assert found.Confidence.tolist() == [80, 60]
    assert found[["C1", "C2"]].to_numpy().tolist() == [[93.75, 6.25], [8.33, 91.67]]
    assert found.Aire.tolist() == [0.16, 0.12]
    assert pd.read_csv(tmp_path / "assessment/vector/map.csv").to_dict("list") == {
        "code": [1, 2], "polygons": [1, 1], "hectares": [pytest.approx(0.16), pytest.approx(0.12)],
    }  # fmt: skip
    assert 'label="class 2"' in (tmp_path / "vector/map.qml").read_text(encoding="utf-8")
    assert (tmp_path / "vector/map.fr.qml").exists()


def test_outlines_of_the_map_where_it_is_not_regularised(tmp_path: Path) -> None:
    write_zone(workspace(tmp_path, regular=False), {"zone": None})
    found = read_vectors(tmp_path / "vector/map.gpkg")
    assert found.Classe.tolist() == [1, 2, 2, 1]
    assert found.Aire.tolist() == [0.15, 0.11, 0.01, 0.01]
    assert found[["C1", "C2"]].to_numpy().tolist() == [[100, 0], [0, 100], [0, 100], [100, 0]]


def test_a_zone_with_an_hole_and_two_that_meet(tmp_path: Path) -> None:
    left, right = box(WEST - 50, NORTH - 90, WEST + 50, NORTH + 50), box(WEST + 50, NORTH - 90, WEST + 150, NORTH + 50)
    hole = box(WEST + 10, NORTH - 20, WEST + 20, NORTH - 10)  # the pixel of class 2 amid class 1
    ws = workspace(tmp_path, zones=zones(tmp_path / "z.gpkg", left=left.difference(hole), right=right), formats=["gpkg", "shapefile"])
    for zone in ("left", "right"):
        write_zone(ws, {"zone": zone})
    one, two = (read_vectors(tmp_path / f"vector/{zone}.gpkg") for zone in ("left", "right"))
    assert one.Classe.tolist() == [1, 2]
    assert one.Aire.tolist() == [0.15, 0.04]
    assert one[["C1", "C2"]].to_numpy().tolist() == [[100, 0], [0, 100]]
    assert len(one.geometry.iloc[0].interiors) == 1
    assert two.Classe.tolist() == [2]
    assert two.Aire.tolist() == [0.08]
    assert len(read_vectors(tmp_path / "vector/left.zip")) == 2


def test_a_zone_where_nothing_is_mapped_is_a_layer_without_polygons(tmp_path: Path) -> None:
    empty = box(WEST + 60, NORTH - 40, WEST + 80, NORTH - 20)
    ws = workspace(tmp_path, zones=zones(tmp_path / "z.gpkg", b=empty), formats=["gpkg", "parquet", "shapefile"])
    write_zone(ws, {"zone": "b"})
    for suffix in ("gpkg", "parquet", "zip"):
        assert len(read_vectors(tmp_path / f"vector/b.{suffix}")) == 0
    assert pyogrio.read_info(tmp_path / "vector/b.gpkg", layer="b")["fields"].tolist()[-1] == "Aire"
    write_vector_table(ws, {"zones": ["b"]})
    assert len(vector_table(ws)) == 0


def test_the_table_keeps_names_that_look_like_numbers(tmp_path: Path) -> None:
    left, right = box(WEST, NORTH - 40, WEST + 40, NORTH), box(WEST + 40, NORTH - 40, WEST + 80, NORTH)
    ws = workspace(tmp_path, zones=zones(tmp_path / "z.gpkg", **{"01": left, "2A": right}))
    for zone in ("01", "2A"):
        write_zone(ws, {"zone": zone})
    write_vector_table(ws, {"zones": ["01", "2A"]})
    assert vector_table(ws).to_dict("list") == {
        "zone": ["01", "2A"], "code": [1, 2], "name": ["class 1", "class 2"], "polygons": [1, 1], "hectares": [0.16, 0.12],
    }  # fmt: skip


def test_a_shapefile_that_is_too_large_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SHAPEFILE_LIMIT", 200)
    with pytest.raises(StorageError, match="E-VEC-022"):
        write_zone(workspace(tmp_path, formats=["gpkg", "shapefile"]), {"zone": None})
    assert not (tmp_path / "vector").exists()


def test_a_zone_that_has_gone(tmp_path: Path) -> None:
    ws = workspace(tmp_path, zones=zones(tmp_path / "z.gpkg", a=box(WEST, NORTH - 40, WEST + 40, NORTH)))
    with pytest.raises(InputError) as caught:
        write_zone(ws, {"zone": "b"})
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "E-VEC-021 z.gpkg: vector.zones: zone `b` is no longer in the file. Fix: run again: the plan is made anew"
    )


def test_widths_are_those_of_oso() -> None:
    assert field_widths(classes()) == {
        "Classe": (3, 0), "Validmean": (3, 0), "Validstd": (6, 2), "Confidence": (3, 0), "C1": (6, 2), "C2": (6, 2), "Aire": (10, 2),
    }  # fmt: skip
