"""Items whose files are behind a web server on this machine, read by window where they are."""

import dataclasses
import datetime as dt
import json
import logging
import traceback
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import AcquisitionError, InputError, TaskError
from iota_py.grid.windows import Window, whole
from iota_py.io import access
from iota_py.io.handles import close_kept
from iota_py.io.raster import write_cog
from iota_py.products.product import series_document, series_from_document
from iota_py.products.reader import read_cube
from iota_py.simulation.stac import Convention
from tests.products.small import ALL, COARSE, FINE, NOON
from tests.products.stac_server import serving
from tests.products.stac_small import catalogue, items, one, put, stac_cube, stac_series

BIG = GeoBox((2048, 2048), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "2")
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.01")
    monkeypatch.delenv(access.API_KEY, raising=False)
    monkeypatch.delenv(access.SUBSCRIPTION_KEY, raising=False)
    monkeypatch.setattr(access, "_TOKENS", {})
    yield
    close_kept()


@pytest.fixture
def site(tmp_path):
    with serving(tmp_path / "served") as up:
        yield up


def listed(site, document) -> Path:
    """A collection of items on disk that leads to the server."""
    path = site.root.parent / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [document] if isinstance(document, dict) else document}))
    return path


@pytest.mark.parametrize(
    "convention", [Convention(applied=True), Convention("planetary-computer"), Convention("geodes")], ids=lambda c: c.dialect
)
def test_numbers_over_http_are_those_of_the_arrays(site, convention):
    path = listed(site, site.put(put(site.root, convention)))
    found = stac_series(path)
    assert all(layer.path.startswith("/vsicurl/http://127.0.0.1:") for layer in found.observations[0][0].bands.values())
    assert site.asked == []  # the items state the grids
    read = read_cube(series_from_document(json.loads(json.dumps(series_document(found)))), ALL)
    assert read.valid.all()
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert read.values[0, 1].tolist() == COARSE.repeat(2, 0).repeat(2, 1).tolist()
    assert all(asked.method == "HEAD" or asked.range for asked in site.files())
    assert {asked.path.rsplit("/")[-1].rsplit(".")[-1] for asked in site.files()} == {"tif"}  # no search for files beside


def test_grids_that_are_not_stated_are_read_from_the_files(site):
    path = listed(site, site.put(put(site.root, Convention(stated=False, applied=True))))
    found = stac_series(path)
    assert {asked.path.rsplit("/")[-1] for asked in site.files()} == {"B4.tif", "B11.tif", "SCL.tif"}
    assert found.geobox.shape == (8, 8)
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_the_near_infrared_is_looked_at_where_an_item_says_that_the_offset_is_in_its_numbers(site):
    """Items of Earth Search say so wrongly at times; those of its newer collection do not."""
    document = site.put(put(site.root, Convention(applied=False)))
    found = stac_series(listed(site, document))
    assert {asked.path.rsplit("/")[-1] for asked in site.files()} == {"B8.tif", "SCL.tif"}
    assert found.observations[0][0].bands["B4"].shift == -1000
    site.asked.clear()
    stac_series(listed(site, {**document, "collection": "sentinel-2-c1-l2a"}))
    assert site.files() == []


def test_types_of_pixel_are_needed_of_masks_with_bits_only(site):
    for convention, opened in ((Convention("planetary-computer"), set()), (Convention("geodes"), {"CLM_R1", "EDG_R1", "SAT_R1"})):
        document = site.put(put(site.root, convention))
        for asset in document["assets"].values():
            del asset["raster:bands"]
        site.asked.clear()
        stac_series(listed(site, document))
        assert {asked.path.rsplit("/")[-1].removesuffix(".tif")[-6:] for asked in site.files()} == opened


def test_grids_that_are_stated_wrong_are_not_believed_when_reading(site):
    document = site.put(put(site.root))
    for asset in document["assets"].values():
        asset["proj:transform"][2] += 5000.0
    found = stac_series(listed(site, document))
    assert found.geobox.transform.c == 405000.0
    assert not read_cube(found, ALL).valid.any()  # nothing lies there


def test_a_window_of_a_large_file_asks_for_its_blocks_only(site):
    document = site.put(put(site.root))
    rng = np.random.default_rng(7)
    numbers = rng.integers(1, 10000, BIG.shape).astype(np.uint16)
    classes = np.full((1024, 1024), 4, np.uint8)
    folder = site.root / document["id"]
    write_cog(folder / "big.tif", BIG, "uint16", [(whole(BIG.shape), numbers)], overviews="average", nodata=0)
    write_cog(folder / "classes.tif", BIG.zoom_out(2), "uint8", [(whole((1024, 1024)), classes)], overviews="nearest", nodata=0)
    size = (folder / "big.tif").stat().st_size
    for asset, file, grid in (("red", "big.tif", BIG), ("scl", "classes.tif", BIG.zoom_out(2))):
        document["assets"][asset]["href"] = f"{site.url}/files/{document['id']}/{file}"
        document["assets"][asset].update({"proj:shape": list(grid.shape), "proj:transform": list(grid.transform)[:6]})
    found = stac_series(listed(site, document), bands=("B4",))
    window = Window(600, 600, 300, 300)  # inside one block of 512
    read = read_cube(found, window)
    assert read.values[0, 0].tolist() == (numbers[window.slices].astype(int) - 1000).tolist()
    asked = [one for one in site.of("big.tif") if one.method == "GET"]
    assert asked
    assert all(one.status == 206 and one.range for one in asked)
    assert size > 8_000_000
    assert sum(one.sent for one in asked) < 700_000  # a block of 512 x 512 and the header
    before = len(site.asked)
    read_cube(found, Window(620, 620, 50, 50))
    assert len(site.asked) == before  # the file is open, the block is in memory


def test_a_server_that_is_busy_is_asked_again(site):
    path = listed(site, site.put(put(site.root)))
    site.fail = {"B4.tif": [503, 429], "B11.tif": [500]}
    assert stac_cube(path).values[0, 0].tolist() == FINE.tolist()
    assert [asked.status for asked in site.of("B4.tif")][:3] == [503, 429, 200]


def test_a_server_that_stays_busy_fails_the_task_and_not_the_acquisition(site):
    found = stac_series(listed(site, site.put(put(site.root))))
    site.fail_always = {"B4.tif": 503}
    with pytest.raises(TaskError, match=r"E-PRD-053 /vsicurl/http://.*B4\.tif: cannot be reached \(HTTP response code: 503\)") as failed:
        read_cube(found, ALL)
    assert "\n" not in str(failed.value)
    assert failed.value.exit_code == 2
    site.fail_always = {}


def test_a_server_that_is_slow_fails_the_task(site, monkeypatch):
    found = stac_series(listed(site, site.put(put(site.root))))
    monkeypatch.setenv("GDAL_HTTP_TIMEOUT", "1")
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    site.delay = 2.0
    with pytest.raises(TaskError, match=r"E-PRD-053 .*cannot be reached \(.*timed out"):
        read_cube(found, ALL)


def test_a_server_that_is_gone_fails_the_task(tmp_path):
    with serving(tmp_path / "served") as site:
        found = stac_series(listed(site, site.put(put(site.root))))
    with pytest.raises(TaskError, match=r"E-PRD-053 .*cannot be reached"):
        read_cube(found, ALL)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_refused_is_the_fault_of_the_acquisition(site, status):
    found = stac_series(listed(site, site.put(put(site.root))))
    site.fail_always = {"B4.tif": status}
    with pytest.raises(AcquisitionError, match=rf"E-PRD-053 .*B4\.tif: the server answers {status}") as failed:
        read_cube(found, ALL)
    assert failed.value.product.split()[0] == "S2A_31TCJ_20230704_0_L2A"


def test_a_server_that_fails_while_a_file_is_open(site):
    """What GDAL says then holds no status: the server is asked again, and then it is known."""
    document = site.put(put(site.root))
    numbers = np.random.default_rng(3).integers(1, 10000, BIG.shape).astype(np.uint16)
    write_cog(site.root / document["id"] / "big.tif", BIG, "uint16", [(whole(BIG.shape), numbers)], overviews="average", nodata=0)
    document["assets"]["red"]["href"] = f"{site.url}/files/{document['id']}/big.tif"
    for asset in document["assets"].values():
        asset["proj:shape"], asset["proj:transform"] = list(BIG.shape), list(BIG.transform)[:6]
    found = stac_series(listed(site, document), bands=("B4",))
    read_cube(found, Window(0, 0, 8, 8))
    site.fail_always = {"big.tif": 503}
    with pytest.raises(TaskError, match=r"E-PRD-053 .*big\.tif: cannot be reached \(it answers 503\)"):
        read_cube(found, Window(1500, 1500, 8, 8))
    site.fail_always = {"big.tif": 404}
    with pytest.raises(AcquisitionError, match=r"E-PRD-053 .*big\.tif: the server answers 404"):
        read_cube(found, Window(1500, 1500, 8, 8))
    site.fail_always = {}
    read_cube(found, Window(1500, 1500, 8, 8))


def large(site, document) -> Path:
    """Put a file of 1024 x 1024 pixels in the place of the red band."""
    numbers = np.random.default_rng(3).integers(1, 10000, (1024, 1024)).astype(np.uint16)
    file = site.root / document["id"] / "large.tif"
    write_cog(file, BIG[:1024, :1024], "uint16", [(whole((1024, 1024)), numbers)], overviews="average", nodata=0)
    document["assets"]["red"]["href"] = f"{site.url}/files/{document['id']}/large.tif"
    document["assets"]["red"].update({"proj:shape": [1024, 1024]})
    return file


def test_a_file_that_is_cut_is_the_fault_of_the_acquisition(site):
    document = site.put(put(site.root))
    file = large(site, document)
    file.write_bytes(file.read_bytes()[:900_000])
    found = stac_series(listed(site, document), bands=("B4",))
    with pytest.raises(AcquisitionError, match=r"E-RAS-007 .*large\.tif: cannot be read near rows 900–999"):
        read_cube(found, Window(900, 900, 100, 100))


def test_a_server_without_ranges_is_refused(site):
    document = site.put(put(site.root))
    large(site, document)
    site.ranges = False
    found = stac_series(listed(site, document), bands=("B4",))
    with pytest.raises(AcquisitionError, match=r"E-PRD-053 .*the server sends whole files, not the parts asked for"):
        read_cube(found, Window(900, 900, 100, 100))


def test_a_vrt_behind_the_name_of_a_tif_is_refused(site):
    document = site.put(put(site.root))
    (site.root / document["id"] / "B4.tif").write_text("<VRTDataset rasterXSize='8' rasterYSize='8'></VRTDataset>")
    with pytest.raises(AcquisitionError, match=r"E-PRD-053 .*B4\.tif: cannot be opened"):
        stac_cube(listed(site, document))


def test_addresses_with_a_query_are_read(site):
    document = site.put(put(site.root))
    for asset in document["assets"].values():
        asset["href"] += "?version=3"
    read = stac_cube(listed(site, document))
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert {asked.query for asked in site.files()} == {"version=3"}


def test_static_catalogue_behind_an_address(site):
    catalogue(site.root, Convention(), Convention(applied=True))
    found = items(url=f"{site.url}/files/catalog.json", tiles=())
    assert [product.date.day for product in found] == [4, 9]
    assert found[0].bands["B4"].path == f"/vsicurl/{site.url}/files/S2A_31TCJ_20230704_0_L2A/B4.tif"
    assert stac_cube(url=f"{site.url}/files/catalog.json").values[1, 0].tolist() == FINE.tolist()


def test_documents_behind_an_address_are_bounded(site, monkeypatch):
    monkeypatch.setattr("iota_py.io.fetching.fetch.__defaults__", (None, 1000, None))
    catalogue(site.root, Convention())
    with pytest.raises(InputError, match=r"E-PRD-054 .*larger than 1000 bytes"):
        items(url=f"{site.url}/files/S2A_31TCJ_20230704_0_L2A/S2A_31TCJ_20230704_0_L2A.json")


def test_fingerprint_follows_the_item(site):
    document = site.put(put(site.root))
    first = one(listed(site, document))
    assert one(listed(site, document)).stamp == first.stamp
    path, size, _ = first.fingerprint[0]
    assert path.startswith("/vsicurl/")
    assert size == (site.root / document["id"] / path.rsplit("/")[-1]).stat().st_size
    document["properties"]["updated"] = "2024-03-01T00:00:00Z"
    later = one(listed(site, document))
    assert later.stamp != first.stamp
    document["assets"]["red"]["file:checksum"] = "1220abcd"
    changed = one(listed(site, document))
    assert sum(a != b for a, b in zip(later.fingerprint, changed.fingerprint)) == 1


# Credentials


@pytest.fixture
def planetary(site, monkeypatch):
    """A server that stands for the storage and the token service of the Planetary Computer."""
    monkeypatch.setitem(access.ACCESS, "planetary-computer", dataclasses.replace(access.ACCESS["planetary-computer"], hosts=("127.0.0.1",)))
    monkeypatch.setenv(access.SERVICE_URL, f"{site.url}/token")
    site.secret = "nothing opens it yet"
    return site


def test_files_are_signed_when_they_are_opened(planetary, caplog):
    document = planetary.put(put(planetary.root, Convention("planetary-computer")))
    found = stac_series(listed(planetary, document), stac={"dialect": "planetary-computer"})
    assert planetary.tokens == 0
    with caplog.at_level(logging.DEBUG):
        read = read_cube(found, ALL)
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert planetary.tokens == 1  # one for all the files of a container
    assert [asked.path for asked in planetary.asked if asked.path.startswith("/token")] == ["/token/127/files"]
    assert all("sig=SECRET1" in asked.query for asked in planetary.files())
    assert "SECRET" not in json.dumps(series_document(found))
    assert "SECRET" not in caplog.text


def test_a_token_that_grows_old_is_replaced(planetary):
    document = planetary.put(put(planetary.root, Convention("planetary-computer")))
    found = stac_series(listed(planetary, document), stac={"dialect": "planetary-computer"})
    planetary.expiry = 0.0  # every token is old when it comes
    read_cube(found, ALL)
    first = planetary.tokens
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()
    assert planetary.tokens > first


def test_errors_do_not_show_a_signature(planetary, caplog):
    document = planetary.put(put(planetary.root, Convention("planetary-computer")))
    found = stac_series(listed(planetary, document), stac={"dialect": "planetary-computer"})
    planetary.fail_always = {"B4.tif": 503}
    with caplog.at_level(logging.DEBUG), pytest.raises(TaskError, match="E-PRD-053") as failed:
        read_cube(found, ALL)
    assert any("Retrying" in record.getMessage() for record in caplog.records)  # GDAL names the address there
    assert "SECRET" not in caplog.text
    assert "SECRET" not in "".join(map(str, _trace(failed.value)))
    assert "SECRET" not in str(failed.value)


def _trace(error):
    return traceback.format_exception(error)


def test_a_subscription_goes_to_the_token_service_only(planetary, monkeypatch):
    monkeypatch.setenv(access.SUBSCRIPTION_KEY, "subscribed")
    document = planetary.put(put(planetary.root, Convention("planetary-computer")))
    stac_cube(listed(planetary, document), stac={"dialect": "planetary-computer"})
    with_key = [asked.path for asked in planetary.asked if "subscribed" in json.dumps(asked.headers)]
    assert with_key == ["/token/127/files"]


def test_a_token_service_that_refuses(planetary):
    document = planetary.put(put(planetary.root, Convention("planetary-computer")))
    planetary.fail_always = {"/token/127/files": 404}
    with pytest.raises(AcquisitionError, match=r"E-PRD-053 http://.*/token/127/files: the server answers 404"):
        stac_cube(listed(planetary, document), stac={"dialect": "planetary-computer"})


def test_files_of_others_are_not_signed(site, monkeypatch):
    """Names of bands alone do not make a catalogue the Planetary Computer; and its tokens go to its storage only."""
    monkeypatch.setenv(access.SERVICE_URL, f"{site.url}/token")
    document = site.put(put(site.root, Convention("planetary-computer")))
    assert "#" not in one(listed(site, document)).bands["B4"].path
    stac_cube(listed(site, document), stac={"dialect": "planetary-computer"})
    assert site.tokens == 0


@pytest.fixture
def geodes(site, monkeypatch):
    """A server that stands for the portal of CNES."""
    monkeypatch.setitem(access.ACCESS, "geodes", dataclasses.replace(access.ACCESS["geodes"], hosts=("127.0.0.1",)))
    site.key = "k-123"
    return site


def test_the_key_of_the_environment_opens_files_of_geodes(geodes, monkeypatch):
    document = geodes.put(put(geodes.root, Convention("geodes")))
    found = stac_series(listed(geodes, document), stac={"dialect": "geodes"})
    monkeypatch.setenv(access.API_KEY, "k-123")
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()
    assert "k-123" not in json.dumps(series_document(found))


def test_without_a_key_the_way_out_is_named(geodes):
    document = geodes.put(put(geodes.root, Convention("geodes")))
    with pytest.raises(
        AcquisitionError, match=rf"E-PRD-053 .*the server answers 401. Fix: set {access.API_KEY} to the key of your account"
    ):
        stac_cube(listed(geodes, document), stac={"dialect": "geodes"})


def test_the_key_goes_to_the_host_of_geodes_only(site, monkeypatch):
    monkeypatch.setenv(access.API_KEY, "k-123")
    document = site.put(put(site.root, Convention("geodes")))
    stac_cube(listed(site, document), stac={"dialect": "geodes"})
    assert site.files()
    assert not any("k-123" in json.dumps(asked.headers) for asked in site.asked)


def test_two_passes_over_http(site):
    documents = [site.put(put(site.root, sensed=NOON + dt.timedelta(days=5 * day), offset=100 * day)) for day in range(2)]
    read = stac_cube(listed(site, documents))
    assert (read.values[1, 0] - read.values[0, 0]).tolist() == np.full((8, 8), 100).tolist()
