"""Rows 32–43: versions, dates, archives and metadata of products."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import rasterio

from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.pipeline import paths
from tests.end_to_end.products import digests
from tests.faults import field as land
from tests.faults.row import Evidence, Place, row
from tests.faults.rows_files import BAND, GRID, aside, rewrite


def observed(place: Place) -> list[list[str]]:
    """Products of each observation, in order."""
    document = read_json(place.root / paths.series("31TCJ", "s2"))
    return [[piece["id"] for piece in pieces] for pieces in document["observations"]]


def packed(place: Place) -> Path:
    """An archive in the place of the first product."""
    product = place.products[0]
    found = product.with_name(f"{product.name}.zip")
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in product.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(product.parent).as_posix())
    shutil.rmtree(product)
    return found


@row(
    32, "two versions of one date", "W 0 duplicate set aside", "the highest version, compared as numbers; the other is listed as a duplicate",
    note="Two deliveries of one version are no reason to stop a country: the first by its path is used, the other is listed as delivered twice.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    higher = land.put(place.folder / "s2", 0, version=(10, 0)).name
    versions = place.train()
    assert observed(place)[0] == [higher]
    twice = land.put(place.folder / "s2", 30, flag="D").name
    again = place.train()
    listed = place.command("products", str(place.folder / "run.yaml"))
    line = next(line for line in listed.stdout.splitlines() if twice in line and " duplicate " in line)
    assert "delivered twice" in line
    return [Evidence(versions, "31TCJ"), Evidence(again, "31TCJ")]


@row(33, "two satellites on one day", "OK 0", "each is an observation of its own, in order of time; pieces of one pass are merged")
def _(place: Place) -> Evidence:
    other = land.put(place.folder / "s2", 0, platform="SENTINEL2B", second=-1200).name
    piece = land.put(place.folder / "s2", 0, second=14).name
    done = place.train()
    assert observed(place)[0] == [other]
    assert observed(place)[1][1] == piece
    assert len(observed(place)) == 7
    return Evidence(done, "1 merged from pieces")


@row(34, "another order of the folder", "OK 0", "the same bytes: names are sorted")
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    found = digests(place.root)
    shutil.rmtree(place.root)
    with backwards():
        done = place.train()
    assert digests(place.root) == found
    return Evidence(done)


@contextmanager
def backwards():
    """Folders are listed from the last name to the first."""
    scandir, listdir = os.scandir, os.listdir

    class Backwards:
        def __init__(self, *words) -> None:
            with scandir(*words) as entries:
                self.entries = iter(sorted(entries, key=lambda e: e.name, reverse=True))

        def __iter__(self):
            return self.entries

        def __next__(self):
            return next(self.entries)

        def __enter__(self):
            return self

        def __exit__(self, *_) -> None:
            self.close()

        def close(self) -> None:
            self.entries = iter(())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", Backwards)
        patch.setattr(os, "listdir", lambda *words: sorted(listdir(*words), reverse=True))
        yield


@row(
    35, "fewer dates than wanted", "FF 1 E-PRD-013", "the tile and how many it has; one date is enough by default",
    note="The number of dates is known before any work, so that the run is refused whole; leave the tile out of `tiles` to go on without it.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    few = place.check(limits={"min_dates": 7})
    assert "fewer than 7 usable acquisitions (tile 31TCJ 6)" in few.stderr
    for product in place.products[1:]:
        shutil.rmtree(product)
    single = place.train()
    assert len(observed(place)) == 1
    return [Evidence(few, "s2", "inputs.s2"), Evidence(single, code="", exit=0)]


@row(36, "pixel that is never clear", "OK 0", "class 0, confidence 0, validity 0; never NaN")
def _(place: Place) -> Evidence:
    for number in range(6):
        path = place.file("CLM_R1.tif", number)
        values = read_window(str(path))
        values[:5, :5] = 1
        rewrite(path, values, GRID.transform, "EPSG:32631")
    done = place.run()
    for layer in paths.LAYERS:
        values = read_window(str(place.root / "map" / f"{layer}.tif"))
        assert not values[:5, :5].any(), layer
        assert values[5:].all(), layer
    return Evidence(done)


@row(37, "damaged archive", "SR 0 E-ZIP-001", "cut, or altered")
def _(place: Place) -> Evidence:
    path = packed(place)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return aside(place, place.train())


@row(
    38, "archive whose members leave it", "SR 0 E-ZIP-002", "`..`, absolute names and links are refused; nothing is ever unpacked to disk",
    note="There is no log of security of its own: the line stands in the log, in the inventory and in the list of acquisitions of the report.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    product, found = place.products[0].name, []
    path = packed(place)
    plain = path.read_bytes()
    link = zipfile.ZipInfo(f"{product}/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for member in (f"{product}/../../escaped.txt", "/escaped.txt", link):
        path.write_bytes(plain)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(member, "/etc/passwd")
        found.append(aside(place, place.train()))
    assert not [p for p in place.folder.parent.rglob("*") if p.name in ("escaped.txt", "link")]
    return found


@row(
    39, "archive bomb", "SR 0 E-ZIP-003", "more than 20 GB, 200 times the archive, 2,000 times a member, or 5,000 files",
    note="A member may be packed a thousandfold, as masks of zeros are; all members together not more than 200-fold. What is read is read by windows.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    product = place.products[0].name
    path = packed(place)
    plain = path.read_bytes()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(f"{product}/notes.txt", "w") as member:
        for _ in range(200):
            member.write(bytes(1 << 20))
    large = aside(place, place.train())
    path.write_bytes(plain)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(5001):
            archive.writestr(f"{product}/n/{number}", "")
    many = aside(place, place.train())
    assert "files, expected at most 5000" in many.done.stdout
    return [large, many]


@row(40, "raster that declares 200,000 × 200,000 pixels", "SR 0 E-RAS-003", "by its header, before any pixel is read")
def _(place: Place) -> Evidence:
    path = place.file(BAND)
    path.unlink()
    shape = {"height": 200_000, "width": 200_000, "count": 1, "dtype": "int16", "tiled": True, "blockxsize": 4096, "blockysize": 4096}
    with rasterio.open(
        path, "w", driver="GTiff", **shape, transform=GRID.transform, crs="EPSG:32631", SPARSE_OK=True, BIGTIFF="YES", compress="deflate"
    ):
        pass
    assert path.stat().st_size < 1_000_000
    return aside(place, place.train())


@row(41, "another format behind the name", "SR 0 E-RAS-002", "a file is opened by the driver of its name only")
def _(place: Place) -> Evidence:
    path, other = place.file(BAND), place.file(BAND, 1)
    path.write_text(
        f'<VRTDataset rasterXSize="40" rasterYSize="40"><SRS>EPSG:32631</SRS><GeoTransform>400000,10,0,4800000,0,-10</GeoTransform>'
        f'<VRTRasterBand dataType="Int16" band="1"><SimpleSource><SourceFilename>{other}</SourceFilename></SimpleSource></VRTRasterBand>'
        f"</VRTDataset>"
    )
    with rasterio.open(path) as source:
        assert source.read(1).any(), "GDAL by itself would have read the other file"
    return aside(place, place.train())


@row(42, "metadata with entities", "SR 0 E-PRD-005", "a document type is refused, hence bombs and entities of other files")
def _(place: Place) -> list[Evidence]:
    path, found = place.file("MTD_ALL.xml"), []
    text = path.read_text()
    head, body = text.split("?>", 1)
    bomb = "".join(f'<!ENTITY {b} "&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};">' for a, b in zip("abcdefgh", "bcdefghi"))
    for entities, name in ((f'<!ENTITY a "aaaaaaaaaa">{bomb}', "i"), ('<!ENTITY e SYSTEM "file:///etc/passwd">', "e")):
        path.write_text(f"{head}?><!DOCTYPE x [{entities}]>{body.replace('<PRODUCT_ID>', f'<PRODUCT_ID>&{name};', 1)}")
        found.append(aside(place, place.train()))
        assert "root:" not in found[-1].done.stdout
    return found


@row(43, "date of the metadata is not that of the name", "SR 0 E-PRD-004", "both dates")
def _(place: Place) -> Evidence:
    path = place.file("MTD_ALL.xml")
    text = path.read_text()
    assert "2023-04-05" in text
    path.write_text(text.replace("2023-04-05", "2023-04-06"))
    done = place.train()
    assert "the metadata say 2023-04-06, the name 2023-04-05" in done.stdout
    return aside(place, done)
