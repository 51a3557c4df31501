"""Rows 16–31: the files of one acquisition of six."""

from __future__ import annotations

import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.pipeline import paths
from tests.conftest import Done
from tests.faults import field as land
from tests.faults.row import Evidence, Place, row

BAND = "FRE_B4.tif"
GRID = land.GRID


def aside(place: Place, done: Done, product: int = 0) -> Evidence:
    """The product was set aside, and said so: its name stands in the line of its code, and the inventory has it with its reason."""
    name = place.products[product].name.removesuffix(".zip")
    (entry,) = read_json(place.root / paths.series("31TCJ", "s2"))["set_aside"]
    assert name.startswith(entry["id"].removesuffix("_V3-1"))
    assert entry["kind"] == "bad"
    assert "warning" in next(line for line in done.stdout.splitlines() if name in line)
    assert len(read_json(place.root / paths.series("31TCJ", "s2"))["observations"]) == 5
    return Evidence(done, name)


def taken(place: Place, done: Done) -> None:
    """Every product is used."""
    document = read_json(place.root / paths.series("31TCJ", "s2"))
    assert (len(document["observations"]), document["set_aside"]) == (6, []), done.stdout


def moved(place: Place, x: float, *, crs: str = "EPSG:32631", grid: Affine | None = None, size: int = 40) -> None:
    """Every raster of the first product on another grid."""
    for path in sorted(place.products[0].rglob("*.tif")):
        values = read_window(str(path))
        step = 400 / len(values)
        transform = grid or Affine(step, 0, 400000 + x, 0, -step, 4800000)
        rewrite(path, values, transform, crs)


def rewrite(path, values: np.ndarray, transform: Affine, crs: str | None, **options) -> None:
    """A GeoTIFF as no writer of ours would make it."""
    path.unlink(missing_ok=True)
    height, width = values.shape
    shape = {"height": height, "width": width, "count": 1, "dtype": values.dtype.name}
    with rasterio.open(path, "w", driver="GTiff", **shape, transform=transform, crs=crs, **options) as target:
        target.write(values, 1)


@row(16, "missing band in one date", "SR 0 E-PRD-006", "the bands expected and those missing")
def _(place: Place) -> Evidence:
    place.file(BAND).unlink()
    done = place.train()
    assert "missing B4" in done.stdout
    return aside(place, done)


@row(
    17, "missing mask", "SR 0 E-PRD-007", "without its cloud mask",
    note="Without EDG or SAT an acquisition is used, with a warning that says what that means: older deliveries lack them.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    place.file("SAT_R1.tif", 1).unlink()
    place.file("SAT_R2.tif", 1).unlink()
    for group in ("R1", "R2"):
        place.file(f"CLM_{group}.tif").unlink()
    done = place.train()
    assert "1 acquisition: no mask SAT: saturated pixels are not left out" in done.stdout
    return aside(place, done)


@row(18, "file of no bytes", "SR 0 E-PRD-006", "it counts as missing; E-RAS-002 for a stump that no driver opens")
def _(place: Place) -> Evidence:
    place.file(BAND).write_bytes(b"")
    return aside(place, place.train())


@row(19, "truncated file", "SR 0 E-RAS-007", "found when it is read: the date is dropped for the whole tile, and the plan made anew")
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    path.write_bytes(path.read_bytes()[:-8])
    found = aside(place, place.run())
    assert len(read_json(place.root / paths.BAD)) == 1
    return found


@row(20, "damaged block", "SR 0 E-RAS-007", "as a truncated file")
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    with rasterio.open(path) as source:
        start, size = (int(source.get_tag_item(f"BLOCK_{what}_0_0", "TIFF", bidx=1)) for what in ("OFFSET", "SIZE"))
    content = bytearray(path.read_bytes())
    content[start : start + size] = bytes(size)
    path.write_bytes(content)
    return aside(place, place.run())


@row(
    21, "date without any pixel", "OK 0", "the maps are those that are made without the dates, byte for byte",
    note="Neither dropped nor warned of, on purpose. Nothing is gained by dropping it: the row holds the maps of class, confidence and validity to the "
    "bytes of the maps without it. It would cost a reading of all pixels before the plan is made, or, as for a file that breaks, the plan made anew and "
    "the windows of the tile read again. A warning would be said of each overcast day of every winter. It is counted where it matters: a pixel has as "
    "many observations in the layer of validity as it was seen on, and `limits.min_dates` is about acquisitions that can be read.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    for end in ("EDG_R1.tif", "EDG_R2.tif"):
        path = place.file(end, 2)
        land.raster(path, np.ones_like(read_window(str(path))), GRID if "R1" in end else GRID.zoom_out(2))
    for band in ("FRE_B4.tif", "FRE_B8.tif"):
        path = place.file(band, 4)
        rewrite(path, np.full_like(read_window(str(path)), -10000), GRID.transform, "EPSG:32631")
    done = place.run()
    taken(place, done)
    layers = [place.root / "map" / f"{layer}.tif" for layer in paths.LAYERS]
    kept = [path.read_bytes() for path in layers]
    assert read_window(str(place.root / "map" / "validity.tif")).max() == 4
    assert place.run(inputs={"s2": {"exclude_dates": ["2023-06-04", "2023-08-03"]}}).returncode == 0
    assert [path.read_bytes() for path in layers] == kept
    return Evidence(done)


@row(
    22, "file of zeros after an interrupted copy", "SR 0 E-PRD-068",
    "no block of it was ever written; E-RAS-007 where the copy was cut, or its end is zeros",
    note="The share of nodata does not tell such a file: it is known only when every pixel and mask was read, and the plan is made before. The three "
    "things that an interrupted copy leaves are each told by themselves: a file without blocks, one that is cut, one of full length whose end is zeros: "
    "a compressed block of zeros cannot be decoded. What is not told: zeros that were written as pixels, a file without compression that ends in zeros, "
    "and zeros that begin inside the very last block, which GDAL may decode to numbers.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    empty, cut, padded = (place.file(BAND, product) for product in range(3))
    names = [product.name for product in place.products[:3]]
    empty.unlink()
    shape = {"height": 40, "width": 40, "count": 1, "dtype": "int16"}
    with rasterio.open(empty, "w", driver="GTiff", **shape, transform=GRID.transform, crs="EPSG:32631", SPARSE_OK=True):
        pass
    assert not read_window(str(empty)).any(), "it would be read as zeros"
    cut.write_bytes(cut.read_bytes()[:-200])
    with rasterio.open(padded) as source:
        start = int(source.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    content = padded.read_bytes()
    padded.write_bytes(content[:start] + bytes(len(content) - start))
    done = place.train(limits={"max_bad_dates": 0.5})
    lost = read_json(place.root / paths.series("31TCJ", "s2"))["set_aside"]
    assert [(one["kind"], one["reason"].split(maxsplit=1)[0]) for one in lost] == [("bad", "E-PRD-068"), *[("bad", "E-RAS-007")] * 2]
    assert len(read_json(place.root / paths.series("31TCJ", "s2"))["observations"]) == 3
    return [Evidence(done, names[0]), *(Evidence(done, name, code="E-RAS-007") for name in names[1:])]


@row(23, "reference system of the next zone", "SR 0 E-PRD-070", "its grid and that of the tile")
def _(place: Place) -> Evidence:
    moved(place, 0, crs="EPSG:32630")
    return aside(place, place.train())


@row(24, "no reference system", "SR 0 E-RAS-004", "expected a coordinate reference system")
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    rewrite(path, read_window(str(path)), GRID.transform, None)
    return aside(place, place.train())


@row(25, "band of half the size", "SR 0 E-PRD-010", "too few pixels of 10 m, or pixels of 20 m for a band of 10 m")
def _(place: Place) -> list[Evidence]:
    path = place.file(BAND)
    values = read_window(str(path))
    rewrite(path, values[:20, :20], GRID.transform, "EPSG:32631")
    cut = aside(place, place.train())
    rewrite(path, values[::2, ::2], GRID.zoom_out(2).transform, "EPSG:32631")
    coarse = aside(place, place.train())
    assert "pixels of 20, and those of B8" in coarse.done.stdout or "and those of B4" in coarse.done.stdout
    return [cut, coarse]


@row(26, "grid moved by half a pixel", "SR 0 E-PRD-070", "what is off by less than a millionth of a pixel is taken as it is")
def _(place: Place) -> list[Evidence]:
    moved(place, 5)
    half = aside(place, place.train())
    moved(place, 1e-6)  # 1e-7 of a pixel
    noise = place.train()
    taken(place, noise)
    return [half, Evidence(noise, code="")]


@row(27, "south-up or rotated grid", "SR 0 E-RAS-005", "expected a north-up grid")
def _(place: Place) -> list[Evidence]:
    path, found = place.file(BAND), []
    values = read_window(str(path))
    for transform in (Affine(10, 0, 400000, 0, 10, 4799600), Affine(10, 1, 400000, 1, -10, 4800000)):
        rewrite(path, values, transform, "EPSG:32631")
        found.append(aside(place, place.train()))
    return found


@row(
    28,
    "decimal numbers in place of whole ones",
    "W 0 decimal numbers in B4",
    "taken; E-PRD-069, set aside, where they are reflectances from 0 to 1",
)
def _(place: Place) -> list[Evidence]:
    path = place.file(BAND)
    values = read_window(str(path)).astype("float32")
    rewrite(path, values, GRID.transform, "EPSG:32631")
    whole = place.train()
    taken(place, whole)
    rewrite(path, values / 10000, GRID.transform, "EPSG:32631")
    shares = aside(place, place.train())
    return [Evidence(whole), Evidence(shares.done, shares.where, code="E-PRD-069")]


@row(
    29, "nodata tag missing or another", "OK 0", "the number of the metadata is missing in any case, and so is that of the tag",
    note="Both are believed: neither -10000 nor a tagged -9999 is a reflectance, so nothing is left to warn of.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    values = read_window(str(path))
    values[:20], values[20:30] = -10000, -9999
    rewrite(path, values, GRID.transform, "EPSG:32631", nodata=-9999)
    done = place.run(period={"start": "2023-04-01", "end": "2023-04-30"})
    assert done.returncode == 0, done.stderr
    seen = read_window(str(place.root / "map" / "validity.tif"))
    assert not seen[:30].any()
    assert (seen[30:] == 1).all()
    return Evidence(done)


@row(30, "NaN and infinity in pixels", "W 0 decimal numbers in B4", "unusable pixels, like clouds; never a feature")
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    values = read_window(str(path)).astype("float32")
    values[:10], values[10:20], values[20:30] = np.nan, np.inf, -np.inf
    rewrite(path, values, GRID.transform, "EPSG:32631")
    done = place.run(period={"start": "2023-04-01", "end": "2023-04-30"})
    seen = read_window(str(place.root / "map" / "validity.tif"))
    assert not seen[:30].any()
    assert (seen[30:] == 1).all()
    return Evidence(done)


@row(
    31, "numbers out of range", "OK 0", "unusable pixels, counted with clouds in the validity of the map",
    note="Numbers outside -10000 … 20000 take a date from a pixel, as a cloud does, and no more; how many dates are left to it is the layer of validity. "
    "They are neither told apart from clouds nor warned of above a share of 0.1 %: the pass over the pixels that finds them has one flag for whatever "
    "makes a pixel unusable, and counting causes for each date of a country would be a second pass for a line that changes no map. A date that is wrong "
    "as a whole is left out with `exclude_dates`.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    values = read_window(str(path))
    values[:10], values[10:20] = 20001, -10001
    rewrite(path, values, GRID.transform, "EPSG:32631")
    done = place.run()
    seen = read_window(str(place.root / "map" / "validity.tif"))
    assert (seen[:20] == 5).all()
    assert (seen[20:] == 6).all()
    listed = pd.read_csv(place.root / "assessment" / "acquisitions.csv")
    assert (listed.status == "used").all()
    return Evidence(done)
