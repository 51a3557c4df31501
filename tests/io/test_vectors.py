import json
import sqlite3
import struct
import zipfile
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely

from iota_py.errors import InputError, StorageError
from iota_py.io.vectors import read_vectors, vector_files, write_geojson, write_gpkg


def frame(crs: str | None = "EPSG:2154") -> gpd.GeoDataFrame:
    shapes = [shapely.box(0, 0, 10, 10), shapely.Polygon(), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])]
    return gpd.GeoDataFrame({"code": [5, 6, 13], "name": ["colza", "blé", ""]}, geometry=shapes, crs=crs)


def test_what_is_written_is_read_back(tmp_path):
    write_gpkg(tmp_path / "a.gpkg", frame(), "fields")
    found = read_vectors(tmp_path / "a.gpkg")
    assert found["code"].tolist() == [5, 6, 13]
    assert found["name"].tolist() == ["colza", "blé", ""]
    assert found.crs.to_epsg() == 2154
    assert [g.is_empty for g in found.geometry] == [False, True, False]
    assert not found.geometry.iloc[2].is_valid
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_equal_frames_give_equal_bytes_and_settings_are_put_back(tmp_path):
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    write_gpkg(tmp_path / "a.gpkg", frame(), "fields")
    write_gpkg(tmp_path / "b.gpkg", frame(), "fields")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_writing_again_replaces(tmp_path):
    write_gpkg(tmp_path / "a.gpkg", frame(), "fields")
    write_gpkg(tmp_path / "a.gpkg", frame().iloc[:1], "other")
    assert len(read_vectors(tmp_path / "a.gpkg", "other")) == 1


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "a.gpkg").mkdir()
    with pytest.raises(StorageError, match="E-IO-001"):
        write_gpkg(tmp_path / "a.gpkg", frame(), "fields")
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.gpkg", None, "No such file"),
        ("text.gpkg", b"nothing of the kind", "its content is not that of a .gpkg file"),
        ("virtual.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>", "its content is not that of a .gpkg file"),
        ("table.vrt", b"<OGRVRTDataSource></OGRVRTDataSource>", "expected a file named .gpkg"),
        ("cut.geojson", b'{"type": "FeatureColl', "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="E-VEC-001") as caught:
        read_vectors(tmp_path / name)
    assert message in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # GDAL says what it met before it gives up
def test_a_truncated_geopackage(tmp_path):
    write_gpkg(tmp_path / "a.gpkg", frame(), "fields")
    content = (tmp_path / "a.gpkg").read_bytes()
    for size in (100, len(content) // 4, len(content) // 2):
        (tmp_path / "cut.gpkg").write_bytes(content[:size])
        with pytest.raises(InputError, match="E-VEC-001"):
            read_vectors(tmp_path / "cut.gpkg", "fields")


def test_a_layer_without_crs(tmp_path):
    with pytest.warns(UserWarning, match="crs"):
        write_gpkg(tmp_path / "a.gpkg", frame(None), "fields")
    with pytest.raises(InputError, match="E-VEC-002"):
        read_vectors(tmp_path / "a.gpkg")


def test_layers_are_named_in_the_message(tmp_path):
    for layer in ("fields", "towns"):
        pyogrio.write_dataframe(frame(), tmp_path / "a.gpkg", layer=layer, append=True)
    with pytest.raises(InputError, match=r"E-VEC-003.*no layer `field`.*`fields`, `towns`"):
        read_vectors(tmp_path / "a.gpkg", "field")
    with pytest.raises(InputError, match=r"E-VEC-003.*expected one layer, found `fields`, `towns`"):
        read_vectors(tmp_path / "a.gpkg")
    assert len(read_vectors(tmp_path / "a.gpkg", "towns")) == 3


def test_shapefile_and_geojson(tmp_path):
    plain = frame().iloc[:1]
    pyogrio.write_dataframe(plain, tmp_path / "a.shp")
    pyogrio.write_dataframe(plain.to_crs("EPSG:4326"), tmp_path / "a.geojson")
    for name in ("a.shp", "a.geojson"):
        assert read_vectors(tmp_path / name)["code"].tolist() == [5]


@pytest.mark.parametrize("name", ["a.fgb", "a.parquet", "a.geoparquet", "a.geojsonl", "a.sqlite", "a.tab", "a.mif", "A.GPKG"])
def test_further_formats(tmp_path, name):
    plain = frame().iloc[:1]
    if "parquet" in name:
        plain.to_parquet(tmp_path / name)
    else:
        pyogrio.write_dataframe(plain.to_crs("EPSG:4326") if name == "a.geojsonl" else plain, tmp_path / name)
    found = read_vectors(tmp_path / name)
    assert found["code"].tolist() == [5]
    assert found.to_crs("EPSG:2154").area.tolist() == pytest.approx([100], rel=2e-2)  # seven decimals of a degree


def test_kml(tmp_path):
    pyogrio.write_dataframe(frame().iloc[:1].to_crs("EPSG:4326"), tmp_path / "a.kml", driver="KML")
    assert read_vectors(tmp_path / "a.kml").to_crs("EPSG:2154").area.tolist() == pytest.approx([100], rel=1e-3)


def test_a_table_of_parquet_without_geometry_or_crs(tmp_path):
    frame().drop(columns="geometry").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"E-VEC-001 .*a\.parquet: cannot be read \(.*Missing geo metadata"):
        read_vectors(tmp_path / "a.parquet")
    frame(None).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"E-VEC-002 .*expected a coordinate reference system, found none"):
        read_vectors(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1" + b"x" * 60)
    with pytest.raises(InputError, match="E-VEC-001"):
        read_vectors(tmp_path / "c.parquet")


def zipped(path, *names):
    """An archive of shapefiles, each in a folder of its own."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            folder = path.parent / name
            folder.mkdir(exist_ok=True)
            pyogrio.write_dataframe(frame().iloc[:1], folder / f"{name}.shp")
            for part in folder.iterdir():
                archive.write(part, f"{name}/{part.name}")
    return path


def test_a_zipped_shapefile(tmp_path):
    found = read_vectors(zipped(tmp_path / "fields.shp.zip", "fields"))
    assert (found["name"].tolist(), found.crs.to_epsg()) == (["colza"], 2154)
    several = zipped(tmp_path / "two.zip", "fields", "towns")
    assert len(read_vectors(several, "towns")) == 1
    with pytest.raises(InputError, match=r"E-VEC-003 .*expected one layer in the archive, found `fields`, `towns`"):
        read_vectors(several)
    with pytest.raises(InputError, match=r"E-VEC-003 .*roads: expected one layer in the archive, found none"):
        read_vectors(several, "roads")


def test_archives_that_are_none_or_leave_their_folder(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + b"\0" * 80)
    with pytest.raises(InputError, match="E-ZIP-001"):
        read_vectors(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("../a.shp", b"\x00\x00\x27\x0a")
    with pytest.raises(InputError, match="E-ZIP-002"):
        read_vectors(tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("a.shp", b"<OGRVRTDataSource></OGRVRTDataSource>")
    with pytest.raises(InputError, match=r"E-VEC-001 .*its content is not that of a \.shp file"):
        read_vectors(tmp_path / "c.zip")


def test_texts_in_another_encoding(tmp_path):
    pyogrio.write_dataframe(frame().iloc[1:2].set_geometry([shapely.box(0, 0, 1, 1)], crs="EPSG:2154"), tmp_path / "a.shp")
    table = tmp_path / "a.dbf"
    table.write_bytes(table.read_bytes().replace("blé".encode(), b"bl\xe9 "))
    with pytest.raises(InputError) as caught:
        read_vectors(tmp_path / "a.shp")
    assert str(caught.value) == (
        f"E-VEC-004 {tmp_path}/a.shp: a: texts are not in UTF-8, the encoding that the file declares. "
        "Fix: set `encoding`, for instance CP1252, or save it as a GeoPackage"
    )
    assert read_vectors(tmp_path / "a.shp", encoding="CP1252")["name"].tolist() == ["blé"]


def test_the_files_of_a_source(tmp_path):
    pyogrio.write_dataframe(frame().iloc[:1], tmp_path / "a.shp")
    (tmp_path / "a.DBF").write_bytes((tmp_path / "a.dbf").read_bytes())
    assert [p.name for p in vector_files(tmp_path / "a.shp")] == ["a.shp", "a.DBF", "a.cpg", "a.dbf", "a.prj", "a.shx"]
    assert vector_files(tmp_path / "a.gpkg") == [tmp_path / "a.gpkg"]
    assert vector_files(tmp_path / "nowhere/a.shp") == [tmp_path / "nowhere/a.shp"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # GDAL says that it closes a ring
def test_rings_that_are_open_or_none(tmp_path):
    content = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": n}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n, ring in enumerate([[[0, 0], [1, 0], [1, 1], [0, 1]], [[0, 0], [1, 0]], [[0, 0], [1, 0], [1, 1], [0, 0]]])
    ]}  # fmt: skip
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    found = read_vectors(tmp_path / "a.geojson")
    assert found["code"].tolist() == [0, 1, 2]
    assert [0 if g is None else round(g.area, 3) for g in found.geometry] == [1.0, 0, 0.5]


def test_geojson_is_in_degrees_and_null_is_null(tmp_path):
    plain = frame().iloc[:1].assign(reason=None, geometry=[shapely.Point(700000, 6600000)])
    write_geojson(tmp_path / "a.geojson", plain)
    write_geojson(tmp_path / "a.geojson", plain)
    content = json.loads((tmp_path / "a.geojson").read_text())
    (feature,) = content["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx([3.0, 46.5], abs=1e-6)  # the origin of Lambert 93
    assert feature["properties"] == {"code": 5, "name": "colza", "reason": None}
    assert "crs" not in content
    assert [p.name for p in tmp_path.iterdir()] == ["a.geojson"]
    (tmp_path / "b.geojson").mkdir()
    with pytest.raises(StorageError, match="E-IO-001"):
        write_geojson(tmp_path / "b.geojson", plain)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # GDAL notes that the layer is said to be of any kind
def test_curves_are_read_as_lines(tmp_path):
    """A circle of radius 5 drawn as a curve (ISO WKB: CURVEPOLYGON of a CIRCULARSTRING), in place of a square."""
    write_gpkg(tmp_path / "a.gpkg", frame().iloc[:1], "fields")
    circle = b"".join(struct.pack("<dd", *point) for point in [(0, 5), (5, 10), (10, 5), (5, 0), (0, 5)])
    curve = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5) + circle
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as base, base:
        for (name,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{name}"')
        (square,) = base.execute("select geom from fields").fetchone()
        base.execute("update fields set geom = ?", (square[:40] + curve,))  # 40 bytes: header and bounds of a GeoPackage geometry
        base.execute("update gpkg_geometry_columns set geometry_type_name = 'GEOMETRY'")
    found = read_vectors(tmp_path / "a.gpkg")
    assert found.geom_type.tolist() == ["Polygon"]
    assert found.area.tolist() == pytest.approx([78.54], rel=0.002)
