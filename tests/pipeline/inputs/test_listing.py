import datetime as dt

import pytest

from iota_py.errors import ConfigError, InputError
from iota_py.pipeline.inputs.listing import Listed, Total, list_folder, totals, version_text
from iota_py.products.family import load_family


@pytest.mark.parametrize(
    ("family", "name", "version", "said"),
    [
        ("theia-s2-l2a", "SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C_V3-1", (), "3.1"),
        ("theia-s2-l2a", "SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C", (), ""),
        ("theia-s2-l2a", "SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C", (1, 10), "1.10"),
        ("theia-s2-l2a", "something else", (0, 0), ""),
        ("raster", "dem.tif", (0, 0), ""),
        ("sen2cor-l2a", "S2A_MSIL2A_20230704T105031_N0509_R051_T31TCJ_20230704T151010", (509, 1), "05.09 20230704T151010"),
        ("landsat-c2-l2", "LC08_L2SP_198030_20230704_20230717_02_T1", (2, 20230717), "20230717"),
        ("lis-l2b", "SENTINEL2B_20230219-105857-687_L2B-SNOW_T31TCJ_C_V1-10_SNW_R2", (1, 10), "1-10"),
    ],
)
def test_versions(family, name, version, said):
    assert version_text(load_family(family), name, version) == said


def listed(tile, day, state, when=True):
    time = dt.datetime(2023, 7, day, 10, 50, tzinfo=dt.UTC) if when else None
    return Listed("f", "own", tile, "P", f"{tile}{day}", time, "", None, state, "" if state == "used" else "why")


def test_totals_by_tile():
    entries = [
        listed("A", 4, "used"), listed("A", 9, "used"), listed("A", 2, "bad"), listed("A", 30, "period"), listed("B", 5, "duplicate"),
        listed("C", 1, "used", when=False),
    ]  # fmt: skip
    assert totals(entries) == [
        Total("f", "own", "A", 2, 2, dt.date(2023, 7, 4), dt.date(2023, 7, 9)),
        Total("f", "own", "B", 0, 1, None, None),
        Total("f", "own", "C", 1, 0, None, None),
    ]
    assert totals([]) == []


def test_families_that_a_folder_cannot_tell(tmp_path):
    for name in ("raster", "raster-series"):
        with pytest.raises(InputError, match=f"E-PRD-065 .*files of family {name} are described in a configuration"):
            list_folder(tmp_path, [name])
    with pytest.raises(ConfigError, match=r"E-PRD-001 .*unknown family `modis`"):
        list_folder(tmp_path, ["modis"])


def test_an_empty_folder(tmp_path):
    assert list_folder(tmp_path) == ([], [])
    assert list_folder(tmp_path, ["theia-s2-l2a", "s1tiling"]) == ([], [])
