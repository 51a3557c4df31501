"""Landsat behind STAC catalogues: items on disk, an API, files by window over http, and files in a bucket."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import AcquisitionError, ConfigError, InputError
from iota_py.io import access, buckets
from iota_py.io.handles import close_kept
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import SetAside, series_document, series_from_document
from iota_py.products.reader import read_cube, read_footprint
from iota_py.products.source import Choice, Interval, Source
from iota_py.products.stac_landsat import find_stac_landsat
from iota_py.simulation.landsat import LandsatImage
from iota_py.simulation.stac_landsat import write_scene_item
from tests.products import small_landsat
from tests.products.small import GRID
from tests.products.small_landsat import CLEAR, NEAR, NO_BITS, NUMBERS, SEEN, SIDE, WHOLE, stored
from tests.products.stac_server import serving
from tests.products.stac_small import edit

FAMILY = load_family("stac-landsat")
YEAR = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def image(days: int = 0, **changes) -> LandsatImage:
    seen = SEEN + dt.timedelta(days=days)
    numbers = {f"B{n}": (NUMBERS + n).astype(np.uint16) for n in range(1, 8)}
    numbers.update({key: changes.pop(key) for key in list(changes) if key in numbers})
    made = LandsatImage("199030", NEAR, numbers, CLEAR, NO_BITS, seen, (seen + dt.timedelta(days=12)).date())
    return dataclasses.replace(made, **changes)


def put(folder: Path, days: int = 0, stated: bool = True, **changes) -> Path:
    return write_scene_item(folder, image(days, **changes), stated=stated)


def source(path: Path | None = None, **changes) -> Source:
    known = {entry.name for entry in dataclasses.fields(Choice)}
    choice = {"bands": ("red", "swir1")} | {key: changes.pop(key) for key in list(changes) if key in known}
    options = {"period": YEAR, "tiles": None} | {key: changes.pop(key) for key in ("url", "stac", "tiles", "period") if key in changes}
    return Source("landsat", path or Path(), FAMILY, Choice(**choice), options=options, **changes)


def series(path: Path | None = None, **changes):
    (found,) = discover(source(path, **changes), Interval()).values()
    return found


def only(path: Path, **changes):
    (found,) = find_stac_landsat(source(path, **changes))
    return found


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "1")
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.01")
    monkeypatch.setattr(access, "_TOKENS", {})
    yield
    close_kept()


@pytest.fixture
def site(tmp_path):
    with serving(tmp_path / "served") as up:
        yield up


def listed(site, *documents) -> Path:
    path = site.root.parent / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": documents}))
    return path


def test_bands_are_those_of_the_delivered_scenes():
    other = load_family("landsat-c2-l2")
    assert (FAMILY.bands, FAMILY.masks, FAMILY.zone) == (other.bands, other.masks, other.zone)
    assert {key: FAMILY.options[key] for key in ("mult", "add", "step", "resampling", "tiers")} == {
        key: other.options[key] for key in ("mult", "add", "step", "resampling", "tiers")
    }


def test_an_item_on_disk(tmp_path):
    put(tmp_path)
    product = only(tmp_path)
    assert (product.id, product.tile, product.platform, product.level) == ("LC08_L2SP_199030_20230704_02_T1", "199030", "LANDSAT8", "L2SP")
    assert product.when == SEEN
    assert product.version == (2, 20230716, 20230716180417)
    assert product.about == {"sun_zenith": 32.25, "sun_azimuth": 112.2}
    assert product.cloud_share == 0
    read = read_cube(series(tmp_path), WHOLE)
    assert read.values[0, 0].tolist() == stored(NUMBERS + 4).tolist()
    assert read.values[0, 1].tolist() == stored(NUMBERS + 6).tolist()
    assert read.valid.all()


def test_the_same_numbers_as_the_delivered_scene(tmp_path):
    quality = CLEAR.copy()
    quality[2:4, 3] = 1 << 3
    quality[5, 5] = 1
    write = {"pixel_quality": quality, "saturation": np.eye(SIDE, dtype=np.uint16)}
    put(tmp_path / "stac", **write)
    small_landsat.write(tmp_path / "scenes", **write)
    frames = {"31TCJ": GRID}
    (behind,) = discover(source(tmp_path / "stac", resampling="cubic"), Interval(), None, frames).values()
    (delivered,) = discover(small_landsat.source(tmp_path / "scenes", resampling="cubic"), Interval(), None, frames).values()
    one, other = (read_cube(found, small_landsat.Window(0, 0, 8, 8)) for found in (behind, delivered))
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.valid, other.valid)
    assert not one.valid.all()


@pytest.mark.parametrize(
    ("policy", "lost"),
    [({}, [1, 2, 3, 4]), ({"cloud": "summary"}, [3, 4]), ({"cloud": "none"}, []), ({"cloud": (2,), "snow": True}, [2, 5])],
)
def test_bits_of_the_masks(tmp_path, policy, lost):
    quality, saturation = CLEAR.copy(), NO_BITS.copy()
    quality[0, :8] |= (1 << np.arange(8)).astype(np.uint16)
    saturation[1, 0] = 1 << 9
    put(tmp_path, pixel_quality=quality, saturation=saturation)
    found = series(tmp_path, **policy)
    valid = read_cube(found, WHOLE).valid[0]
    assert np.flatnonzero(~valid[0]).tolist() == [0, *lost]
    assert np.flatnonzero(~valid[1]).tolist() == [0]
    assert np.argwhere(~read_footprint(found, WHOLE)).tolist() == [[0, 0]]


def test_the_law_is_that_of_the_asset_else_that_of_collection_2(tmp_path):
    put(tmp_path / "none", stated=False)
    assert only(tmp_path / "none").bands["red"].scale == 0.275
    put(tmp_path / "own", law=(5e-05, -0.1))
    layer = only(tmp_path / "own").bands["red"]
    assert (layer.scale, layer.shift) == (0.5, -1000.0)


def test_landsat_5_and_7_have_other_numbers_of_bands(tmp_path):
    put(tmp_path, satellite="LT05", B4=(NUMBERS + 100).astype(np.uint16))
    product = only(tmp_path, bands=("blue", "nir", "swir2"))
    assert product.platform == "LANDSAT5"
    assert [layer.path.rpartition("_")[2] for layer in product.bands.values()] == ["B1.TIF", "B4.TIF", "B7.TIF"]
    assert read_cube(series(tmp_path, bands=("nir",)), WHOLE).values[0, 0].tolist() == stored(NUMBERS + 100).tolist()
    aside = only(tmp_path, bands=("coastal",))
    assert isinstance(aside, SetAside)
    assert "E-PRD-056" in aside.reason
    assert "no asset of band coastal" in aside.reason


def test_of_one_scene_the_best_tier_then_the_latest_processing(tmp_path):
    put(tmp_path / "a", tier="RT", processed=dt.date(2023, 8, 1))
    put(tmp_path / "b", processed=dt.date(2023, 7, 20))
    put(tmp_path / "c", processed=dt.date(2023, 7, 16))
    edit(next((tmp_path / "c").rglob("*.json")), lambda item: item.update(id="LC08_L2SP_199030_20230704_02_T1_old"))
    best, *others = sorted(find_stac_landsat(source(tmp_path)), key=lambda entry: isinstance(entry, SetAside))
    assert best.version[:2] == (2, 20230720)
    assert {other.kind for other in others} == {"duplicate"}
    assert len(others) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda item: item["assets"].pop("qa_pixel"), "no asset of the mask qa_pixel"),
        (lambda item: item["assets"].pop("red"), "no asset of band red"),
        (lambda item: item["assets"]["red"]["raster:bands"][0].update(scale=0), "states a scale of 0"),
        (lambda item: item["assets"]["red"].update(href="s3://Bad_Bucket/x.TIF"), "E-PRD-057"),
        (lambda item: item["assets"]["red"].update(href="s3://bucket/a/../../b.TIF"), "E-PRD-057"),
        (lambda item: item["assets"]["red"].update(href="../../../etc/b.TIF"), "E-PRD-057"),
    ],
)
def test_items_that_cannot_be_used_are_set_aside(tmp_path, change, reason):
    put(tmp_path, 16)
    edit(put(tmp_path), change)
    found = series(tmp_path)
    assert found.dates == (SEEN.date() + dt.timedelta(days=16),)
    (aside,) = found.set_aside
    assert (aside.tile, aside.platform, aside.kind) == ("199030", "LANDSAT8", "bad")
    assert reason in aside.reason


def test_missing_saturation_is_a_warning(tmp_path):
    put(tmp_path, saturation=None)
    assert only(tmp_path).warnings == ("no QA_RADSAT: saturated pixels are not known",)


def test_an_item_that_does_not_say_where_it_is(tmp_path):
    def anonymous(item):
        item["id"] = "scene"
        del item["properties"]["landsat:wrs_path"]
        for name, asset in item["assets"].items():
            asset["href"] = f"./{name}.TIF"

    edit(put(tmp_path), anonymous)
    with pytest.raises(InputError, match=r"E-PRD-055 .*states no path and row"):
        find_stac_landsat(source(tmp_path))


def test_a_dialect_that_landsat_does_not_have(tmp_path):
    put(tmp_path)
    assert only(tmp_path, stac={"dialect": "earth-search"}).id
    with pytest.raises(ConfigError, match=r"E-PRD-067 .*inputs\.landsat\.stac\.dialect: stac-landsat has no dialect geodes. Fix: one of"):
        only(tmp_path, stac={"dialect": "geodes"})


# Over http


def test_files_are_read_by_window_over_http(site):
    document = site.put(put(site.root))
    found = series(listed(site, document))
    assert all(layer.path.startswith("/vsicurl/http://127.0.0.1:") for layer in found.observations[0][0].bands.values())
    assert site.asked == []  # the items state the grids
    read = read_cube(series_from_document(json.loads(json.dumps(series_document(found)))), WHOLE)
    assert read.values[0, 0].tolist() == stored(NUMBERS + 4).tolist()
    assert all(asked.method == "HEAD" or asked.range for asked in site.files())
    assert len({asked.path for asked in site.files()}) == 4


def test_a_grid_of_the_item_is_not_that_of_files_of_another_resolution(site):
    document = site.put(put(site.root))
    document["assets"]["red"]["raster:bands"][0]["spatial_resolution"] = 15
    assert series(listed(site, document)).geobox == NEAR
    assert {asked.path.rsplit("_")[-1] for asked in site.files()} == {"B4.TIF"}  # opened, since nothing says its grid


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_api_is_asked_for_the_ground_of_the_tiles(site, method):
    site.methods = (method,)
    far = dataclasses.replace(image(), geobox=NEAR.translate_pix(4000, 0), place="197030")
    for item in (put(site.root / "a"), put(site.root / "b", 16), write_scene_item(site.root / "c", far), put(site.root / "d", 400)):
        site.put(item)
    one = source(url=f"{site.url}/stac", stac={"collections": ("landsat-c2-l2",)})
    (found,) = discover(one, Interval(), None, {"31TCJ": GRID}).values()
    assert found.dates == (SEEN.date(), SEEN.date() + dt.timedelta(days=16))
    assert (found.tile, found.geobox) == ("31TCJ", GRID)
    asked = [one for one in site.asked if one.path == "/stac/search"]
    assert len(asked) == 1
    assert "bbox" in (asked[0].query or json.dumps(asked[0].body))
    assert read_cube(found, small_landsat.Window(0, 0, 8, 8)).valid.all()


def test_an_api_is_asked_for_paths_and_rows(site):
    site.put(put(site.root / "a"))
    site.put(write_scene_item(site.root / "b", dataclasses.replace(image(), place="197030")))
    found = series(url=f"{site.url}/stac", stac={"collections": ("landsat-c2-l2",)}, tiles=("199030",))
    assert [piece.tile for pieces in found.observations for piece in pieces] == ["199030"]
    with pytest.raises(ConfigError, match=r"E-PRD-052 .*needs tiles, named by path and row \(199030\), or another input"):
        series(url=f"{site.url}/stac", stac={"collections": ("landsat-c2-l2",)}, tiles=("31TCJ",))


def test_files_of_the_planetary_computer_are_signed(site, monkeypatch):
    monkeypatch.setitem(access.ACCESS, "planetary-computer", dataclasses.replace(access.ACCESS["planetary-computer"], hosts=("127.0.0.1",)))
    monkeypatch.setenv(access.SERVICE_URL, f"{site.url}/token")
    site.secret = "nothing opens it yet"
    document = site.put(put(site.root))
    document["links"] = [{"rel": "self", "href": "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/x"}]
    found = series(listed(site, document))
    assert read_cube(found, WHOLE).values[0, 0].tolist() == stored(NUMBERS + 4).tolist()
    assert site.tokens == 1
    assert "SECRET" not in json.dumps(series_document(found))


# In a bucket


@pytest.fixture
def bucket(site, monkeypatch):
    """The server stands for S3; the bucket is called `files`."""
    for name, value in {
        "AWS_S3_ENDPOINT": site.url.removeprefix("http://"), "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REQUEST_PAYER": "requester",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return site


def in_bucket(site, document) -> dict:
    for asset in document["assets"].values():
        asset["href"] = asset["href"].replace(f"{site.url}/", "s3://")
    return document


def test_files_in_a_bucket_where_the_reader_pays(bucket):
    found = series(listed(bucket, in_bucket(bucket, bucket.put(put(bucket.root)))))
    layer = found.observations[0][0].bands["red"]
    assert layer.path.startswith("/vsis3/files/LC08_L2SP_199030_20230704_20230716_02_T1/")
    read = read_cube(series_from_document(json.loads(json.dumps(series_document(found)))), WHOLE)
    assert read.values[0, 0].tolist() == stored(NUMBERS + 4).tolist()
    asked = bucket.files()
    assert all(one.headers["x-amz-request-payer"] == "requester" for one in asked)
    assert all("AKIAEXAMPLE" in one.headers["authorization"] for one in asked)
    assert any(one.range for one in asked)
    assert "very-secret" not in json.dumps(series_document(found))


def test_nobody_pays_unasked(bucket, monkeypatch):
    monkeypatch.delenv("AWS_REQUEST_PAYER")
    read_cube(series(listed(bucket, in_bucket(bucket, bucket.put(put(bucket.root))))), WHOLE)
    assert not any("x-amz-request-payer" in one.headers for one in bucket.files())


def test_a_bucket_that_refuses_is_the_fault_of_the_acquisition_and_names_the_way_in(bucket):
    found = series(listed(bucket, in_bucket(bucket, bucket.put(put(bucket.root)))))
    bucket.fail_always = {"SR_B4.TIF": 403}
    bucket.refusal = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    with pytest.raises(
        AcquisitionError, match=rf"E-PRD-053 /vsis3/files/.*: the server answers 403\. Fix: {buckets.WAY_IN[:20]}"
    ) as failed:
        read_cube(found, WHOLE)
    assert "secret" not in str(failed.value).lower().replace("aws_secret_access_key", "")


def test_files_that_want_a_login_are_read_from_their_bucket(bucket):
    document = bucket.put(put(bucket.root))
    for asset in document["assets"].values():
        where = asset["href"].replace(f"{bucket.url}/", "s3://")
        asset["alternate"] = {"s3": {"href": where}}
        asset["href"] = "https://landsatlook.usgs.gov/data/collection02/" + asset["href"].rpartition("/")[2]
    found = series(listed(bucket, document))
    assert all(layer.path.startswith("/vsis3/files/") for layer in found.observations[0][0].bands.values())
    assert read_cube(found, WHOLE).valid.all()
