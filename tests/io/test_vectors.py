import geopandas as gpd
import pyogrio
import pytest
import shapely

from iota_py.errors import InputError, StorageError
from iota_py.io.vectors import read_vectors, write_gpkg


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
