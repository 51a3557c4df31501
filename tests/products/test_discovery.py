import datetime as dt
import re
import shutil
import zipfile

import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.products.discovery import discover
from iota_py.products.reader import read_cube
from iota_py.products.source import Interval
from tests.products.small import ALL, COARSE, FINE, GRID, NOON, at, cube, edit_metadata, file, rewrite, series, source, write

DAY = dt.timedelta(days=1)


def ids(found) -> list[str]:
    return [piece.id for pieces in found.observations for piece in pieces]


def aside(found) -> tuple[str, str, str]:
    (entry,) = found.set_aside
    return entry.id, entry.kind, entry.reason


def test_folders_and_archives_in_order_of_time(tmp_path):
    late = write(tmp_path, NOON + 10 * DAY)
    zipped = write(tmp_path / "31TCJ", NOON + 5 * DAY, packing="zip")
    early = write(tmp_path, NOON)
    (tmp_path / "notes.txt").write_text("not a product")
    (tmp_path / "SENTINEL2A_20239999-105857-687_L2A_T31TCJ_C_V3-1").mkdir()
    found = series(tmp_path)
    assert ids(found) == [early.name, zipped.stem, late.name]
    assert found.dates == (dt.date(2023, 7, 4), dt.date(2023, 7, 9), dt.date(2023, 7, 14))
    assert (found.geobox, found.tile, found.bands, found.set_aside) == (GRID, "31TCJ", ("B4", "B11"), ())
    values = read_cube(found, ALL).values
    assert np.array_equal(values[1], values[0])
    assert values[1, 0].tolist() == FINE.tolist()


def test_an_archive_whose_name_lacks_the_version(tmp_path):
    path = write(tmp_path, packing="bare zip", version=(1, 9))
    assert path.name == "SENTINEL2A_20230704-105851-024_L2A_T31TCJ_C.zip"
    (product,) = series(tmp_path).observations[0]
    assert product.id == "SENTINEL2A_20230704-105851-024_L2A_T31TCJ_C_V1-9"
    assert product.version == (1, 9)
    assert product.fingerprint == ((str(path), path.stat().st_size, path.stat().st_mtime_ns),)


@pytest.mark.parametrize(("old", "new"), [((1, 9), (1, 10)), ((1, 10), (2, 0)), ((9, 9), (10, 0))])
def test_versions_compare_as_numbers(tmp_path, old, new):
    older = write(tmp_path, version=old, offset=500)
    newer = write(tmp_path, version=new, flag="D")
    found = series(tmp_path)
    assert ids(found) == [newer.name]
    assert aside(found) == (older.name, "duplicate", f"older version than {newer.name}")
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_one_version_delivered_twice(tmp_path):
    folder, archive = write(tmp_path), write(tmp_path, packing="zip")
    found = series(tmp_path)
    assert len(found.observations) == 1
    assert aside(found) == (folder.name, "duplicate", f"delivered twice; {archive} is used")


def test_a_product_inside_a_product_is_not_counted_twice(tmp_path):
    inner = write(tmp_path)
    outer = tmp_path / inner.name.replace("_C_V3-1", "_D_V3-1")
    outer.mkdir()
    shutil.move(inner, outer / inner.name)
    found = series(tmp_path)
    assert ids(found) == [inner.name]
    assert found.set_aside == ()
    assert read_cube(found, ALL).values[0, 1, 0, 0] == 2000


def test_pieces_of_a_pass_are_merged_and_the_first_valid_wins(tmp_path):
    north, south = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    north[6:], south[:2] = True, True  # rows 2 to 5 are in both
    write(tmp_path, NOON, outside=north)
    write(tmp_path, NOON + dt.timedelta(seconds=14), offset=1000, outside=south, cloud=at((7, 0)))
    found = series(tmp_path)
    assert [len(pieces) for pieces in found.observations] == [2]
    both = read_cube(found, ALL)
    assert both.values[0, 0, :6].tolist() == FINE[:6].tolist()
    assert both.values[0, 0, 6:, 1:].tolist() == (FINE[6:, 1:] + 1000).tolist()
    assert both.values[0, 1, 6].tolist() == (COARSE[3].repeat(2) + 1000).tolist()
    assert both.valid[0].tolist() == (~at((7, 0))).tolist()


def test_a_cloud_in_the_first_piece_leaves_the_pixel_to_the_second(tmp_path):
    write(tmp_path, NOON, cloud=at((0, 0), (1, 1)))
    write(tmp_path, NOON + dt.timedelta(minutes=15), offset=1000, cloud=at((1, 1)))
    both = cube(tmp_path)
    assert both.values[0, 0, 0].tolist() == [FINE[0, 0] + 1000, *FINE[0, 1:].tolist()]
    assert both.valid[0].tolist() == (~at((1, 1))).tolist()


def test_different_passes_of_a_day_stay_apart(tmp_path):
    write(tmp_path, NOON)
    write(tmp_path, NOON + dt.timedelta(seconds=14), platform="SENTINEL2B")
    write(tmp_path, NOON + dt.timedelta(minutes=16))
    found = series(tmp_path)
    assert [len(pieces) for pieces in found.observations] == [1, 1, 1]
    assert found.dates == (NOON.date(),) * 3


def test_dates_that_are_not_wanted(tmp_path):
    paths = [write(tmp_path, NOON + i * DAY) for i in range(4)]
    interval = Interval(NOON.date() + DAY, NOON.date() + 3 * DAY)
    found = series(tmp_path, interval, exclude=(NOON.date() + 2 * DAY,))
    assert ids(found) == [paths[1].name, paths[3].name]
    assert [(s.id, s.kind) for s in found.set_aside] == [(paths[0].name, "period"), (paths[2].name, "excluded")]
    assert found.set_aside[0].reason == "outside the period 2023-07-05 to 2023-07-07"


def test_an_open_interval():
    assert Interval().holds(dt.date(1900, 1, 1))
    assert Interval(None, dt.date(2023, 1, 2)).holds(dt.date(2023, 1, 2))
    assert not Interval(dt.date(2023, 1, 2)).holds(dt.date(2023, 1, 1))


def test_nothing_to_read(tmp_path):
    with pytest.raises(InputError, match=r"E-PRD-009 .*inputs\.s2\.path: no acquisition found here \(looked for MAJA Sentinel-2"):
        discover(source(tmp_path), Interval(), None)
    with pytest.raises(InputError, match=r"E-PRD-002 .*nowhere: inputs\.s2\.path: no such folder"):
        discover(source(tmp_path / "nowhere"), Interval(), None)


def test_tiles_asked_for(tmp_path):
    write(tmp_path)
    assert list(discover(source(tmp_path), Interval(), ("31TCJ",))) == ["31TCJ"]
    with pytest.raises(InputError, match=r"E-PRD-011 .*no acquisition of tile 30TYP \(tiles found: 31TCJ\)"):
        discover(source(tmp_path), Interval(), ("31TCJ", "30TYP"))


def remove(*names: str):
    return lambda product: [file(product, name).unlink() for name in names]


def shape(product):
    rewrite(product, "FRE_B4.tif", np.zeros((7, 8), np.int16))


def metadata(change):
    return lambda product: edit_metadata(product, change)


def bomb(text: str) -> str:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    return text.replace("?>\n", f"?>\n{entities}\n").replace("<PRODUCT_LEVEL>L2A", "<PRODUCT_LEVEL>&c;")


BAD = {
    "missing band": (remove("FRE_B11.tif"), r"E-PRD-006 .*expected bands B4, B11 \(FRE\), missing B11. Fix: download"),
    "missing cloud mask": (remove("CLM_R1.tif", "CLM_R2.tif"), r"E-PRD-007 .*mask CLM_R1 is missing"),
    "empty band": (lambda product: file(product, "FRE_B4.tif").write_bytes(b""), r"E-PRD-006 .*missing B4\."),
    "band that is no image": (lambda product: file(product, "FRE_B4.tif").write_bytes(b"x"), r"E-RAS-002 .*FRE_B4\.tif"),
    "truncated XML": (metadata(lambda text: text[: len(text) // 2]), r"E-PRD-005 .*MTD_ALL\.xml: not readable as metadata \(ParseError"),
    "entity bomb": (metadata(bomb), r"E-PRD-005 .*(DTDForbidden|EntitiesForbidden)"),
    "unknown encoding": (metadata(lambda text: text.replace("UTF-8", "UTF-99")), r"E-PRD-005 .*MTD_ALL\.xml"),
    "scale that is no number": (
        metadata(lambda text: re.sub(r"(<REFLECTANCE_QUANTIFICATION_VALUE>)[^<]*", r"\1many", text)),
        r"E-PRD-005 .*many",
    ),
    "scale of nought": (
        metadata(lambda text: re.sub(r"(<REFLECTANCE_QUANTIFICATION_VALUE>)[^<]*", r"\g<1>0", text)),
        r"E-PRD-005 .*a quantification of 0",
    ),
    "date": (
        metadata(lambda text: text.replace("<ACQUISITION_DATE>2023-07-04", "<ACQUISITION_DATE>2023-07-05", 1)),
        r"E-PRD-004 .*ACQUISITION_DATE: the metadata say 2023-07-05, the name 2023-07-04",
    ),
    "shape of one band": (shape, r"E-PRD-010 .*(FRE_B4|R1)\.tif: expected the grid"),
    "CRS of one band": (
        lambda p: rewrite(p, "FRE_B11.tif", np.zeros((4, 4), np.int16), 20, crs="EPSG:32630"),
        r"E-PRD-010 .*FRE_B11\.tif: grid 4 × 4 pixels of 20 at .* in 32630 does not align",
    ),
    "half a pixel": (
        lambda p: rewrite(p, "FRE_B11.tif", np.zeros((4, 4), np.int16), 20, left=400005),
        r"E-PRD-010 .*FRE_B11\.tif: .*does not align",
    ),
    "coarse mask": (
        lambda p: rewrite(p, "CLM_R1.tif", np.zeros((4, 4), np.uint8), 20),
        r"E-PRD-010 .*CLM_R1\.tif: .*does not align",
    ),
    "mask that has no bits": (
        lambda p: rewrite(p, "CLM_R1.tif", np.zeros((8, 8), np.float32)),
        r"E-PRD-016 .*CLM_R1\.tif: expected whole numbers, which have bits, found float32",
    ),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_product_is_set_aside_with_its_reason(tmp_path, damage):
    change, reason = BAD[damage]
    bad, good = write(tmp_path), write(tmp_path, NOON + DAY)
    change(bad)
    found = series(tmp_path)
    assert ids(found) == [good.name]
    name, kind, said = aside(found)
    assert (name, kind) == (bad.name, "bad")
    assert re.search(reason, said), said
    assert found.set_aside[0].when.date() == NOON.date()
    assert found.set_aside[0].platform == "SENTINEL2A"


def regrid(product, **changes):
    """Move a whole product to another grid."""
    for path in sorted(product.rglob("*.tif")):
        coarse = "R2" in path.name or path.stem.endswith(("B5", "B6", "B7", "B8A", "B11", "B12"))
        size = 4 if coarse else 8
        dtype = np.int16 if "FRE" in path.name else np.uint8
        values = np.zeros((size - changes.get("fewer", 0), size), dtype)
        rewrite(product, path.name, values, 20 if coarse else 10, **{k: v for k, v in changes.items() if k != "fewer"})


@pytest.mark.parametrize("changes", [{"crs": "EPSG:32630"}, {"left": 400005.0}, {"top": 4800010.0}, {"fewer": 2}])
def test_a_product_on_another_grid_than_the_others_is_set_aside(tmp_path, changes):
    paths = [write(tmp_path, NOON + i * DAY) for i in range(3)]
    regrid(paths[0], **changes)
    found = series(tmp_path)
    assert found.geobox == GRID
    assert ids(found) == [p.name for p in paths[1:]]
    name, kind, said = aside(found)
    assert (name, kind) == (paths[0].name, "bad")
    assert "is not that of the tile, 8 × 8 pixels of 10 at (400000, 4.8e+06) in 32631" in said or "E-PRD-010" in said


def test_noise_in_the_origin_of_a_grid_is_accepted(tmp_path):
    paths = [write(tmp_path, NOON + i * DAY) for i in range(3)]
    regrid(paths[2], left=400000 + 1e-6)
    rewrite(paths[0], "FRE_B4.tif", FINE.astype(np.int16), left=400000 - 2e-6)
    found = series(tmp_path)
    assert len(found.observations) == 3
    assert found.set_aside == ()
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_a_product_without_metadata_is_read_by_its_names(tmp_path):
    product = write(tmp_path)
    file(product, "MTD_ALL.xml").unlink()
    found = series(tmp_path)
    (read,) = found.observations[0]
    assert (read.id, read.bands["B4"].scale, read.nodata, read.cloud_share) == (product.name, 1, -10000, None)
    assert read.warnings == ("no metadata XML: scale, nodata and files are taken from the names",)
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_damaged_and_hostile_archives_are_set_aside(tmp_path):
    cut, hostile = write(tmp_path, packing="zip"), write(tmp_path, NOON + DAY, packing="zip")
    good = write(tmp_path, NOON + 2 * DAY, packing="zip")
    cut.write_bytes(cut.read_bytes()[:-100])
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr("../../etc/cron.d/x", "x")
    found = series(tmp_path)
    assert ids(found) == [good.stem]
    assert [(s.id, s.kind) for s in found.set_aside] == [(cut.stem, "bad"), (hostile.stem, "bad")]
    assert "E-ZIP-001" in found.set_aside[0].reason
    assert "E-ZIP-002" in found.set_aside[1].reason
    assert "a member leaves the archive" in found.set_aside[1].reason


def test_an_archive_whose_metadata_are_altered(tmp_path):
    path, good = write(tmp_path, packing="zip"), write(tmp_path, NOON + DAY)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(f"{path.stem}/{path.stem}_MTD_ALL.xml").header_offset
    content = bytearray(path.read_bytes())
    for place in range(start + 200, start + 260):
        content[place] ^= 0xFF
    path.write_bytes(content)
    found = series(tmp_path)
    assert ids(found) == [good.name]
    assert re.search(r"E-(ZIP-001|PRD-005)", found.set_aside[0].reason)


def test_a_tile_with_bad_products_only(tmp_path):
    product = write(tmp_path)
    file(product, "FRE_B4.tif").unlink()
    found = series(tmp_path)
    assert found.observations == ()
    assert aside(found)[1] == "bad"
