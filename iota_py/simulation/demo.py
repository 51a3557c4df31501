"""The demo: two neighbouring Sentinel-2 tiles, a year of products, reference polygons, ecoregions, zones and the truth."""

from __future__ import annotations

import platform
import zlib
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import whole
from iota_py.io.publish import write_json, write_text
from iota_py.io.raster import gdal_version, write_raster
from iota_py.simulation.acquisitions import Delivery, Overflight, Swath, Tile, overflight
from iota_py.simulation.muscate import product_name, write_products
from iota_py.simulation.reference import write_ecoregions, write_reference
from iota_py.simulation.scene import Scene, make_scene
from iota_py.simulation.zones import write_zones

UTM = "EPSG:32631"
TOP, WEST, SIZE, SHIFT = 4840000, 402600, 240, 200  # both inside the real tiles, which overlap from x 399960 to 409800
WEST_TILE = Tile("T31TCJ", GeoBox((SIZE, SIZE), Affine(10, 0, WEST, 0, -10, TOP), UTM))
EAST_TILE = Tile("T31TDJ", GeoBox((SIZE, SIZE), Affine(10, 0, WEST + 10 * SHIFT, 0, -10, TOP), UTM))
UNION = GeoBox((SIZE, SIZE + SHIFT), Affine(10, 0, WEST, 0, -10, TOP), UTM)
_ORBIT_51 = Swath("west", WEST + 3700.0, TOP - 5.0 * SIZE)  # its eastern edge crosses the eastern tile
_ORBIT_8 = Swath("east", WEST + 1100.0, TOP - 5.0 * SIZE)  # its western edge crosses the western tile
_PACKAGES = ("numpy", "scipy", "shapely", "pyproj", "pyogrio", "geopandas", "rasterio")

# (month, day, share of cloud, share of cirrus)
_PASSES_51 = (
    (1, 20, 0.18, 0.0), (2, 9, 0.0, 0.0), (3, 11, 0.12, 0.0), (3, 26, 0.06, 0.25), (4, 10, 0.22, 0.0),
    (4, 20, 0.05, 0.0), (5, 5, 0.92, 0.0), (5, 20, 0.14, 0.0), (6, 4, 0.28, 0.0), (6, 19, 0.0, 0.0), (7, 4, 0.10, 0.30),
    (7, 24, 0.05, 0.0), (8, 8, 0.0, 0.0), (8, 28, 0.20, 0.0), (9, 17, 0.10, 0.0), (11, 6, 0.16, 0.0), (12, 6, 0.30, 0.0),
)  # fmt: skip
_PASSES_8 = (
    (1, 12, 0.10, 0.0), (2, 16, 0.25, 0.0), (3, 8, 0.08, 0.0), (4, 12, 0.0, 0.20), (4, 27, 0.20, 0.0),
    (5, 22, 0.06, 0.0), (6, 11, 0.45, 0.0), (7, 11, 0.04, 0.0), (8, 5, 0.12, 0.0), (8, 20, 0.0, 0.0), (9, 14, 0.15, 0.0),
    (10, 19, 0.22, 0.0), (11, 13, 0.10, 0.0),
)  # fmt: skip
_WEST_SEES_8 = {(4, 27), (7, 11), (10, 19)}
_EAST_SEES_51 = {(2, 9), (3, 26), (5, 5), (6, 19), (7, 24), (9, 17), (12, 6)}
_TWO_VERSIONS = (5, 20)
_TWO_PIECES = (8, 5)
_ZIPPED = {(3, 11): "zip", (7, 4): "bare zip", (3, 8): "zip", (9, 14): "bare zip"}


def write_demo(folder: str | Path, seed: int = 1, progress: Callable[[int, int], None] | None = None) -> None:
    """Write the demo under `folder`, under 10 MB, the same bytes for the same seed and libraries.

    progress: called with the number of products written and their total, after each. Raises InputError when `folder` holds products
    that are not of the demo.
    """
    folder = Path(folder)
    scene = make_scene(UNION, seed)
    planned = deliveries()
    _refuse_strangers(folder / "sentinel2", planned)
    done = 0

    def count(_: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(planned))

    write_products(folder / "sentinel2", scene, planned, count)
    write_reference(folder / "reference.gpkg", scene.landscape, seed)
    write_ecoregions(folder / "ecoregions.gpkg", scene.landscape)
    write_zones(folder / "zones.geojson", UNION, seed)
    write_truth(folder / "truth.tif", scene)
    write_json(folder / "generator.json", generator(seed))
    write_text(folder / "README.md", _readme(seed, planned))


def write_truth(path: str | Path, scene: Scene) -> None:
    """Write the class of every pixel of the scene, uint8."""
    truth = scene.landscape.truth
    write_raster(path, scene.landscape.geobox, "uint8", [(whole(truth.shape), truth)], options={"zlevel": 9, "nodata": 0})


def generator(seed: int) -> dict[str, object]:
    """What decides the bytes of the demo: the seed, the libraries and the kind of machine."""
    from_packages = {name: version(name) for name in _PACKAGES}
    machine = {"libc": " ".join(platform.libc_ver()), "machine": platform.machine()}
    return {
        "seed": seed,
        "libraries": {
            **from_packages,
            "gdal": gdal_version(),
            "python": platform.python_version(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
            **machine,
        },
    }


def deliveries() -> list[Delivery]:
    """The products of the demo, in the order of tile then date."""
    west = [_delivery(WEST_TILE, p) for p in _passes(51, _PASSES_51)]
    west += [_delivery(WEST_TILE, p, _ORBIT_8) for p in _passes(8, _PASSES_8) if _day(p) in _WEST_SEES_8]
    east = [_delivery(EAST_TILE, p) for p in _passes(8, _PASSES_8)]
    east += [_delivery(EAST_TILE, p, _ORBIT_51) for p in _passes(51, _PASSES_51) if _day(p) in _EAST_SEES_51]
    return [d for tile in (west, east) for one in sorted(tile, key=lambda d: d.sensed) for d in _traps(one)]


def _refuse_strangers(folder: Path, planned: list[Delivery]) -> None:
    own = {product_name(delivery) for delivery in planned}
    strangers = sorted(path.name for path in folder.glob("SENTINEL2*") if path.name not in own)
    if strangers:
        raise InputError(Fault("E-SIM-001", str(folder), strangers[0], "a product that is not of the demo", "choose an empty folder"))


def _traps(delivery: Delivery) -> list[Delivery]:
    """The delivery, or the two products that stand for it: versions 1.9 and 1.10 of one date, the two pieces of another."""
    tile, passed, day = delivery.tile, delivery.overflight, _day(delivery.overflight)
    if day == _TWO_VERSIONS and tile is WEST_TILE:
        return [Delivery(tile, passed, version=(1, 9), flag="D", bias=0.005), Delivery(tile, passed, version=(1, 10))]
    if day == _TWO_PIECES and tile is EAST_TILE:
        return [Delivery(tile, passed, piece="north"), Delivery(tile, passed, piece="south")]
    return [delivery]


def _delivery(tile: Tile, passed: Overflight, swath: Swath | None = None) -> Delivery:
    return Delivery(tile, passed, swath, packing=_ZIPPED.get(_day(passed), "folder"))


def _passes(orbit: int, listed: tuple[tuple[int, int, float, float], ...]) -> list[Overflight]:
    return [overflight(date(2023, month, day), orbit=orbit, cloud=cloud, cirrus=cirrus) for month, day, cloud, cirrus in listed]


def _day(passed: Overflight) -> tuple[int, int]:
    return passed.sensed.month, passed.sensed.day


def _readme(seed: int, planned: list[Delivery]) -> str:
    rows = [
        f"| {d.sensed:%Y-%m-%d} | {d.tile.name} | {d.overflight.platform} | {d.overflight.orbit} | {d.overflight.cloud:.0%} |"
        f" {'.'.join(map(str, d.version))} | {_remark(d)} |"
        for d in planned
    ]
    return _TEXT.format(seed=seed, rows="\n".join(rows), products=len(planned))


def _remark(delivery: Delivery) -> str:
    remarks = {"north": "northern piece of the pass", "south": "southern piece of the pass", "whole": ""}[delivery.piece]
    facts = (remarks, "partial swath" if delivery.swath else "", "" if delivery.packing == "folder" else delivery.packing)
    older = "older version, reflectances 0.005 higher" if delivery.bias else ""
    return ", ".join(fact for fact in (*facts, older) if fact)


_TEXT = """# Data samples: a small landscape with known truth

Simulated, not observed: written by `iota-py demo-data` (seed {seed}), which writes the same bytes again with the libraries listed in
`generator.json`. Two neighbouring Sentinel-2 tiles, 240 × 240 pixels of 10 m each, cut where the real tiles T31TCJ and T31TDJ overlap
(40 columns are seen by both), over two ecoregions whose seasons differ, and ten classes of the OSO nomenclature of 23.

| file | content |
|---|---|
| `sentinel2/` | {products} L2A products of 2023 in the MUSCATE layout: folders and zip archives, one per date and tile |
| `reference.gpkg` | layer `reference`, EPSG:2154: polygons with `code` and `name` of their class |
| `ecoregions.gpkg` | layer `ecoregions`, EPSG:2154: field `region` is `1` (plain, early) or `2` (hills, later and sparser growth) |
| `zones.geojson` | EPSG:4326: three made-up départements, field `code` `96`, `97` or `98`; 96 has a part of its own inside 97 |
| `truth.tif` | class code of every pixel of the two tiles together, EPSG:32631, uint8 |
| `generator.json` | seed and libraries that decide the bytes |

Digital numbers are multiples of 25 or 50 by band (the radiometric resolution of the simulated instrument). Crops are alike outside a few weeks,
vines grow over grass, one parcel in twenty is odd, fields differ in calendar, vigour and soil: a perfect map is out of reach.

The reference is made as surveys are: 1 to 2 % of the labels are wrong, a few polygons lie outside the tiles, some cross the border of
the tiles or of the regions, one is invalid, one empty, one smaller than a pixel, and one lies over another with another label.

| date | tile | satellite | orbit | sky covered | version | remark |
|---|---|---|---|---|---|---|
{rows}

Free to use under the licence of this project. No real measurement is in it.
"""
