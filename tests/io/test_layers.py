"""Files of polygons as they are delivered: read back by another library, the same bytes twice, refused when too large."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from iota_py.errors import StorageError
from iota_py.io import layers
from iota_py.io.layers import outline_size, write_geoparquet, write_polygon_gpkg, write_shapefile
from iota_py.io.vectors import read_vectors

WIDTHS = {"Classe": (3, 0), "Validmean": (3, 0), "Validstd": (6, 2), "CerealPailles": (6, 2), "Aire": (10, 2)}
Write = Callable[[Path, gpd.GeoDataFrame], None]


def frame() -> gpd.GeoDataFrame:
    ring = shapely.box(400_000, 4_800_000, 400_100, 4_800_100).difference(shapely.box(400_040, 4_800_040, 400_060, 4_800_060))
    columns = {
        "Classe": np.array([5, 23], np.int32),
        "Validmean": pd.array([17, None], dtype="Int32"),
        "Validstd": [2.25, np.nan],
        "CerealPailles": [33.33, 0.0],
        "Aire": [0.96, 0.04],
    }
    return gpd.GeoDataFrame(columns, geometry=[ring, shapely.box(400_040, 4_800_040, 400_060, 4_800_060)], crs="EPSG:32631")


def gpkg(path: Path, polygons: gpd.GeoDataFrame) -> None:
    write_polygon_gpkg(path.with_suffix(".gpkg"), polygons, "31")


def parquet(path: Path, polygons: gpd.GeoDataFrame) -> None:
    write_geoparquet(path.with_suffix(".parquet"), polygons)


def shapefile(path: Path, polygons: gpd.GeoDataFrame) -> None:
    write_shapefile(path.with_suffix(".zip"), polygons, "31", WIDTHS)


EVERY = pytest.mark.parametrize("write", [gpkg, parquet, shapefile])


@EVERY
def test_what_is_written_is_read_back(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "31", frame())
    (path,) = tmp_path.iterdir()  # nothing is left beside it
    found = read_vectors(path)
    assert found.crs.to_epsg() == 32631 or found.crs.to_wkt().startswith('PROJCRS["WGS 84 / UTM zone 31N"')
    renamed = found.rename(columns={"CerealPail": "CerealPailles"})
    assert renamed.columns.tolist() == frame().columns.tolist()
    assert renamed.Classe.tolist() == [5, 23]
    assert renamed.Validmean.isna().tolist() == [False, True]
    assert renamed.Validstd.iloc[0] == 2.25
    assert renamed.CerealPailles.tolist() == [33.33, 0.0]
    assert all(a.equals(b) for a, b in zip(found.geometry, frame().geometry))


@EVERY
def test_the_same_bytes_twice(tmp_path: Path, write: Write) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder / "31", frame())
    ((first,), (second,)) = (list((tmp_path / folder).iterdir()) for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


@EVERY
def test_no_polygons(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "31", frame().iloc[:0])
    (path,) = tmp_path.iterdir()
    assert len(read_vectors(path)) == 0


@EVERY
def test_a_place_that_cannot_be_written(tmp_path: Path, write: Write) -> None:
    for suffix in (".gpkg", ".parquet", ".zip"):
        (tmp_path / f"31{suffix}").mkdir()
    with pytest.raises(StorageError, match="E-IO-001"):
        write(tmp_path / "31", frame())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["31.gpkg", "31.parquet", "31.zip"]


def test_a_geopackage_has_a_layer_an_index_and_a_fixed_day(tmp_path: Path) -> None:
    gpkg(tmp_path / "31", frame())
    info = pyogrio.read_info(tmp_path / "31.gpkg", layer="31")
    assert (info["geometry_type"], info["features"], info["crs"]) == ("Polygon", 2, "EPSG:32631")
    assert dict(zip(info["fields"], info["dtypes"])) == {
        "Classe": "int32", "Validmean": "int32", "Validstd": "float64", "CerealPailles": "float64", "Aire": "float64",
    }  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "31.gpkg")) as base:
        assert base.execute("select count(*) from rtree_31_geom").fetchall() == [(2,)]
        assert base.execute("select last_change from gpkg_contents").fetchall() == [("2000-01-01T00:00:00.000Z",)]


def test_geoparquet_says_its_version_and_bounds(tmp_path: Path) -> None:
    parquet(tmp_path / "31", frame())
    file = pq.read_metadata(tmp_path / "31.parquet")
    document = json.loads(file.metadata[b"geo"])
    assert (document["version"], document["columns"]["geometry"]["encoding"]) == ("1.1.0", "WKB")
    assert document["columns"]["geometry"]["bbox"] == [400_000, 4_800_000, 400_100, 4_800_100]
    assert "covering" in document["columns"]["geometry"]


def test_a_shapefile_in_its_archive(tmp_path: Path) -> None:
    shapefile(tmp_path / "31", frame())
    with zipfile.ZipFile(tmp_path / "31.zip") as archive:
        assert archive.namelist() == ["31.shp", "31.shx", "31.dbf", "31.prj", "31.cpg"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("31.cpg") == b"UTF-8"
        assert archive.read("31.prj").startswith(b'PROJCS["WGS_1984_UTM_Zone_31N"')
        table = archive.read("31.dbf")
        assert len(archive.read("31.shp")) == outline_size(frame().geometry.to_numpy()) == 100 + 2 * 52 + 3 * 4 + (5 + 5 + 5) * 16
    fields = [table[32 + 32 * k : 64 + 32 * k] for k in range(5)]
    assert [(f[:11].rstrip(b"\0"), f[11:12], f[16], f[17]) for f in fields] == [
        (b"Classe", b"N", 3, 0), (b"Validmean", b"N", 3, 0), (b"Validstd", b"N", 6, 2), (b"CerealPail", b"N", 6, 2), (b"Aire", b"N", 10, 2),
    ]  # fmt: skip


def test_a_shapefile_that_would_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SHAPEFILE_LIMIT", 455)
    with pytest.raises(StorageError) as caught:
        shapefile(tmp_path / "31", frame())
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "E-VEC-022 31.zip: vector.formats: a shapefile of 2 polygons would take 0.0 GB, and none may pass 0.0 GB. "
        "Fix: leave shapefile out, or cut the map by smaller zones"
    )
    assert not list(tmp_path.iterdir())


@EVERY
def test_a_file_that_lost_a_feature_does_not_take_its_name(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pyogrio.write_dataframe
    monkeypatch.setattr(pyogrio, "write_dataframe", lambda one, *place, **options: real(one.iloc[:1], *place, **options))
    kept = gpd.GeoDataFrame.to_parquet
    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", lambda one, path, **options: kept(one.iloc[:1], path, **options))
    with pytest.raises(StorageError, match=r"E-IO-002 .*: read back 1 features, expected 2"):
        write(tmp_path / "31", frame())
    assert not list(tmp_path.iterdir())


def test_a_file_that_moved_does_not_take_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pyogrio.write_dataframe
    monkeypatch.setattr(
        pyogrio, "write_dataframe", lambda one, *place, **options: real(one.set_geometry(one.translate(1000, 0)), *place, **options)
    )
    with pytest.raises(StorageError, match=r"E-IO-002 .*: read back within .*401000.*, expected .*400000"):
        gpkg(tmp_path / "31", frame())
    assert not list(tmp_path.iterdir())
