"""Search in a STAC API of our own files, on this machine, with pystac-client."""

import datetime as dt
import json
import sys

import pytest

from iota_py.errors import ConfigError, InputError, TaskError
from iota_py.io.handles import close_kept
from iota_py.products.product import Product
from iota_py.simulation.stac import Convention
from tests.products.small import FINE, NOON
from tests.products.stac_server import serving
from tests.products.stac_small import items, one, put, stac_cube

COLLECTION = {"collections": ("sentinel-2-l2a",)}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "1")
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.01")
    yield
    close_kept()


@pytest.fixture
def site(tmp_path):
    with serving(tmp_path / "served") as up:
        yield up


@pytest.fixture
def api(site):
    pytest.importorskip("pystac_client", reason="pystac-client is not installed (extra `stac`)")
    return site


def searched(site) -> list:
    """Bodies of the searches asked for by POST."""
    return [asked.body for asked in site.of("/stac/search") if asked.method == "POST"]


def many(site, count: int) -> None:
    """Copies of one item, a day apart each."""
    document = site.put(put(site.root))
    site.items.clear()
    for day in range(count):
        when = dt.datetime(2023, 1, 1, 11, 0, 0) + dt.timedelta(days=day)
        said = {**document["properties"], "datetime": f"{when:%Y-%m-%dT%H:%M:%S}Z"}
        site.items.append({**document, "id": f"S2A_31TCJ_{when:%Y%m%d}_0_L2A", "properties": said})


def test_pixels_behind_an_api(api):
    api.put(put(api.root))
    api.put(put(api.root, sensed=NOON + dt.timedelta(days=5), offset=100))
    read = stac_cube(url=f"{api.url}/stac", stac=COLLECTION)
    assert read.valid.all()
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert read.values[1, 0].tolist() == (FINE + 100).tolist()
    assert all(asked.method == "HEAD" or asked.range for asked in api.files())


def test_what_is_asked(api):
    api.put(put(api.root))
    section = {**COLLECTION, "query": {"eo:cloud_cover": {"lt": 80}}}
    one(url=f"{api.url}/stac", stac=section)
    (body,) = searched(api)
    assert body["collections"] == ["sentinel-2-l2a"]
    assert body["datetime"] == "2023-01-01T00:00:00Z/2023-12-31T23:59:59Z"
    assert body["query"] == {"grid:code": {"eq": "MGRS-31TCJ"}, "eo:cloud_cover": {"lt": 80}}


@pytest.mark.parametrize("methods", [("GET", "POST"), ("GET",)])
def test_pages(api, methods):
    many(api, 200)
    api.methods = methods
    found = items(url=f"{api.url}/stac", stac=COLLECTION)
    assert len(found) == len({product.id for product in found}) == 200
    assert [product.when for product in found] == sorted(product.when for product in found)
    assert {asked.method for asked in api.of("/stac/search")} == {methods[-1]}
    assert len(api.of("/stac/search")) == 3  # pages of 80


def test_period_and_cloud_cover_are_left_to_the_service(api):
    many(api, 60)
    period = (dt.date(2023, 1, 10), dt.date(2023, 1, 12))
    found = items(url=f"{api.url}/stac", stac=COLLECTION, period=period)
    assert [product.date.day for product in found] == [10, 11, 12]
    api.items[10]["properties"]["eo:cloud_cover"] = 90
    section = {**COLLECTION, "query": {"eo:cloud_cover": {"lt": 80}}}
    found = items(url=f"{api.url}/stac", stac=section, period=period)
    assert [product.date.day for product in found] == [10, 12]


def test_a_search_for_each_tile_and_no_other_tile(api):
    api.put(put(api.root))
    other = json.loads(json.dumps(api.items[0]))
    other.update(id="S2A_31TDJ_20230704_0_L2A")
    other["properties"]["grid:code"] = "MGRS-31TDJ"
    api.items.append(other)
    assert [p.tile for p in items(url=f"{api.url}/stac", stac=COLLECTION, tiles=("31TDJ", "T31TCJ"))] == ["31TCJ", "31TDJ"]
    assert [body["query"]["grid:code"]["eq"] for body in searched(api)] == ["MGRS-31TDJ", "MGRS-31TCJ"]


def test_items_of_other_tiles_are_left(api):
    """A service may take another property for the tile than the item itself."""
    api.put(put(api.root))
    api.items.append(
        {**api.items[0], "id": "S2A_31TDJ_20230704_0_L2A", "properties": {**api.items[0]["properties"], "grid:code": "MGRS-31TDJ"}}
    )
    for item in api.items:
        item["properties"]["s2:mgrs_tile"] = "31TCJ"
    section = {**COLLECTION, "dialect": "planetary-computer"}
    api.items[0]["assets"] = {key.upper() if key == "scl" else key: asset for key, asset in api.items[0]["assets"].items()}
    assert [p.tile for p in items(url=f"{api.url}/stac", stac=section)] == ["31TCJ"]


def test_zones_below_ten_are_asked_for_in_both_writings(api):
    item = api.put(put(api.root))
    item["properties"]["grid:code"] = "MGRS-1WCP"
    assert one(url=f"{api.url}/stac", stac=COLLECTION, tiles=("01WCP",)).tile == "01WCP"
    (body,) = searched(api)
    assert body["query"]["grid:code"] == {"in": ["MGRS-01WCP", "MGRS-1WCP"]}


def test_geodes_is_asked_by_the_time_of_acquisition(api):
    api.put(put(api.root, Convention("geodes", updated="2024-05-01T08:00:00Z")))
    product = one(url=f"{api.url}/stac", stac={**COLLECTION, "dialect": "geodes"})
    (body,) = searched(api)
    assert body["query"] == {
        "grid:code": {"eq": "T31TCJ"},
        "start_datetime": {"gte": "2023-01-01T00:00:00Z", "lte": "2023-12-31T23:59:59Z"},
    }
    assert "datetime" not in body
    assert product.date == dt.date(2023, 7, 4)


def test_nothing_found(api):
    api.put(put(api.root))
    with pytest.raises(InputError, match=r"E-PRD-052 .*no item of sentinel-2-l2a on tile 31TCJ from 2019-01-01 to 2019-12-31"):
        items(url=f"{api.url}/stac", stac=COLLECTION, period=(dt.date(2019, 1, 1), dt.date(2019, 12, 31)))


def test_what_a_search_needs_is_said_at_once(api):
    with pytest.raises(ConfigError) as failed:
        items(url=f"{api.url}/stac", tiles=None, period=(None, None))
    assert [fault.code for fault in failed.value.faults] == ["E-PRD-052"] * 3
    assert [fault.field for fault in failed.value.faults] == ["inputs.s2.stac.collections", "tiles", "period"]


def test_a_service_that_ignores_the_query_is_not_read_to_its_end(api, monkeypatch):
    from iota_py.io import stacapi

    monkeypatch.setattr(stacapi, "MOST", 50)
    many(api, 60)
    with pytest.raises(InputError, match=r"E-PRD-054 .*more than 50 items: the service does not look at the query"):
        items(url=f"{api.url}/stac", stac=COLLECTION)


def test_a_service_that_is_busy_is_asked_again(api):
    api.put(put(api.root))
    api.fail = {"/stac": [503], "/stac/search": [502]}
    assert isinstance(one(url=f"{api.url}/stac", stac=COLLECTION), Product)


@pytest.mark.parametrize(
    ("end", "status", "error", "text"),
    [
        ("/stac", 503, TaskError, r"E-PRD-053 http://.*/stac: cannot be reached \(it answers 503\). Fix: check the network"),
        ("/stac/search", 500, TaskError, r"E-PRD-053 http://.*/stac/search: cannot be reached \(it answers 500\)"),
        ("/stac/search", 403, InputError, r"E-PRD-053 http://.*/stac/search: the server answers 403"),
        ("/stac", 404, InputError, r"E-PRD-053 http://.*/stac: the server answers 404"),
    ],
)
def test_a_service_that_fails(api, end, status, error, text):
    api.put(put(api.root))
    api.fail_always = {end: status}
    with pytest.raises(error, match=text) as failed:
        items(url=f"{api.url}/stac", stac=COLLECTION)
    assert "\n" not in str(failed.value)


def test_a_service_that_is_slow(api, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_TIMEOUT", "0.2")
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    api.delay = 0.6
    with pytest.raises(TaskError, match=r"E-PRD-053 .*cannot be reached \(timed out\)"):
        items(url=f"{api.url}/stac", stac=COLLECTION)


def test_answers_that_are_not_those_of_an_api(api, tmp_path):
    (api.root / "x.json").parent.mkdir(parents=True, exist_ok=True)
    (api.root / "x.json").write_text("<html>")
    with pytest.raises(InputError, match=r"E-PRD-054 .*not a JSON document"):
        items(url=f"{api.url}/files/x.json", stac=COLLECTION)
    (api.root / "x.json").write_text(json.dumps({"links": [{"rel": "search", "href": "nowhere", "method": "POST"}]}))
    with pytest.raises(InputError, match=r"E-PRD-054 .*not the answer of a STAC API"):
        items(url=f"{api.url}/files/x.json", stac=COLLECTION)
    with pytest.raises(InputError, match=r"E-PRD-057 .*not an address of the web"):
        items(url="file:///etc/passwd", stac=COLLECTION)
    with pytest.raises(InputError, match=r"E-PRD-057 .*holds a credential") as failed:
        items(url="http://me:secret@127.0.0.1/stac", stac=COLLECTION)
    assert "secret" not in str(failed.value)


def test_items_that_are_broken_are_set_aside(api):
    api.put(put(api.root))
    api.items.append({**api.items[0], "id": "S2A_31TCJ_20230709_0_L2A", "assets": None})
    bad, good = sorted(items(url=f"{api.url}/stac", stac=COLLECTION), key=lambda entry: not hasattr(entry, "reason"))
    assert (bad.id, bad.tile, bad.kind) == ("S2A_31TCJ_20230709_0_L2A", "31TCJ", "bad")
    assert isinstance(good, Product)


def test_without_pystac_client_the_way_out_is_named(site, monkeypatch):
    monkeypatch.setitem(sys.modules, "pystac_client", None)
    monkeypatch.delitem(sys.modules, "iota_py.io.stacapi", raising=False)
    with pytest.raises(ConfigError, match=r"E-PRD-051 inputs\.s2: url: pystac-client is not installed. Fix: pip install 'iota-py\[stac\]'"):
        items(url=f"{site.url}/stac", stac=COLLECTION)


def test_a_catalogue_on_disk_needs_no_pystac_client(site, monkeypatch):
    monkeypatch.setitem(sys.modules, "pystac_client", None)
    monkeypatch.setitem(sys.modules, "pystac", None)
    monkeypatch.delitem(sys.modules, "iota_py.io.stacapi", raising=False)
    put(site.root)
    assert stac_cube(site.root).values[0, 0].tolist() == FINE.tolist()
