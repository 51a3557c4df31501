import datetime as dt
import json

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.publish import json_text
from iota_py.products.discovery import discover, expand
from iota_py.products.family import load_family
from iota_py.products.passages import tagged_time
from iota_py.products.product import series_document, series_from_document
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.s1tiling import find_s1tiling
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.radar import RadarPass, write_pass

FAMILY = load_family("s1tiling")
GRID = GeoBox((2, 3), Affine(10, 0, 499980, 0, -10, 200040), "EPSG:32633")
ALL = Window(0, 0, 2, 3)
EVEN = {"vv": np.full((2, 3), 0.1), "vh": np.full((2, 3), 0.01)}  # -10 and -20 dB


def at(day: int, time: str = "04:41:50", month: int = 1) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2020-{month:02d}-{day:02d}T{time}+00:00")


def one(day: int = 8, **changes) -> RadarPass:
    return RadarPass(**{"tile": "33NWB", "geobox": GRID, "sensed": at(day), **changes})


def source(folder, bands=("vv", "vh"), options=None, **radar) -> Source:
    return Source("s1", folder, FAMILY, Choice(bands), options={**({"radar": radar} if radar else {}), **(options or {})})


def every(folder, interval: Interval | None = None, **radar) -> dict:
    """Series by the name of its columns, then by tile."""
    return {s.name: discover(s, interval or Interval()) for s in expand(source(folder, **radar))}


def single(folder, **radar):
    ((_, by_tile),) = every(folder, **radar).items()
    (found,) = by_tile.values()
    return found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("s1a_33NWB_vv_DES_007_20200108txxxxxx.tif", ("s1a", "33NWB", "vv", "DES", "007", "20200108", "xxxxxx", None, None, None)),
        ("s1a_33NWB_vh_DES_007_20200108t044150.tif", ("s1a", "33NWB", "vh", "DES", "007", "20200108", "044150", None, None, None)),
        (
            "s1c_31TCJ_vv_ASC_132_20250120txxxxxx_NormLim_filtered.tif",
            ("s1c", "31TCJ", "vv", "ASC", "132", "20250120", "xxxxxx", "NormLim", "_filtered", None),
        ),
        (
            "s1a_33NWB_vv_DES_007_20200108txxxxxx_GammaNaughtRTC.tiff",
            ("s1a", "33NWB", "vv", "DES", "007", "20200108", "xxxxxx", "GammaNaughtRTC", None, None),
        ),
        (
            "s1a_33NWB_vv_DES_007_20200108txxxxxx_BorderMask.tif",
            ("s1a", "33NWB", "vv", "DES", "007", "20200108", "xxxxxx", None, None, "_BorderMask"),
        ),
    ],
)
def test_names(name, said):
    assert FAMILY.band_file.match(name).groups() == said


@pytest.mark.parametrize(
    "name",
    [
        "LIA_s1a_33NWB_DES_007.tif",
        "sin_LIA_33NWB_007.tif",
        "s1a_T33NWB_vv_DES_007_20200108txxxxxx.tif",
        "s1a_33NWB_vv_DES_7_20200108txxxxxx.tif",
        "s1a_33NWB_vv_DES_007_20200108txxxxxx_quicklook.jpg",
    ],
)
def test_names_of_other_things(name):
    assert FAMILY.band_file.match(name) is None


def test_power_is_stored_as_hundredths_of_a_decibel(tmp_path):
    vv = np.array([[1, 10, 0.1], [0.5, 0, 1e-7]])
    write_pass(tmp_path, one(), {"vv": vv, "vh": np.full((2, 3), 0.01)})
    found = single(tmp_path)
    assert (found.input, found.tile, found.kind, found.bands) == ("s1_des", "33NWB", "radar", ("vv", "vh"))
    cube = read_cube(found, ALL)
    assert cube.valid[0].tolist() == [[True] * 3, [True, False, True]]
    assert cube.values[0, 0].tolist() == [[0, 1000, -1000], [-301, -32768, -7000]]
    assert cube.values[0, 1].tolist() == [[-2000] * 3] * 2
    assert found.observations[0][0].about == {"relative_orbit": 7.0}
    assert found.observations[0][0].level == "sigma"


def test_power_as_it_is(tmp_path):
    write_pass(tmp_path, one(), {"vv": np.array([[1, 10, 0.1], [0.00004, 0, -0.2]]), "vh": np.full((2, 3), 0.01)})
    cube = read_cube(single(tmp_path, unit="linear"), ALL)
    assert cube.valid[0].tolist() == [[True] * 3, [True, False, False]]
    assert cube.values[0, 0].tolist() == [[10000, 32767, 1000], [0, -32768, -32768]]


def test_a_series_travels_as_a_document(tmp_path):
    write_pass(tmp_path, one(), EVEN, seen=np.array([[1, 1, 0]] * 2, bool))
    found = single(tmp_path)
    copy = series_from_document(json.loads(json_text(series_document(found))))
    assert copy.observations == found.observations
    assert np.array_equal(read_cube(copy, ALL).valid, read_cube(found, ALL).valid)


def test_border_masks(tmp_path):
    seen = np.array([[1, 1, 0], [1, 1, 0]], bool)
    vv = np.array([[0.1, 0, 0.1]] * 2)
    write_pass(tmp_path, one(), {"vv": vv, "vh": np.full((2, 3), 0.01)}, seen=seen)
    found = single(tmp_path)
    assert len(found.observations[0][0].masks) == 2
    assert read_cube(found, ALL).valid[0].tolist() == [[True, False, False]] * 2
    assert read_footprint(found, ALL).tolist() == seen.tolist()  # a pixel without power inside the swath was seen
    assert read_valid(found, ALL)[0].tolist() == seen.tolist()


def test_without_border_masks_the_power_says_what_was_seen(tmp_path):
    write_pass(tmp_path, one(), {"vv": np.array([[0.1, 0, 0.1]] * 2), "vh": np.full((2, 3), 0.01)})
    assert read_footprint(single(tmp_path), ALL).tolist() == [[True, False, True]] * 2


@pytest.mark.parametrize("images", [1, 2])
def test_time(tmp_path, images):
    write_pass(tmp_path, one(images=images), EVEN)
    assert single(tmp_path).observations[0][0].when == at(8)


def test_time_that_nothing_says_is_midnight(tmp_path):
    write_pass(tmp_path, one(tags={"ACQUISITION_DATETIME": ""}), EVEN)
    assert single(tmp_path).observations[0][0].when == at(8, "00:00:00")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020:01:08T04:41:50Z", at(8)),
        ("2020:01:08 04:41:50", at(8)),
        ("2020-01-08T04:41:50.12Z", at(8)),
        ("2020:13:08T04:41:50Z", None),
        ("", None),
    ],
)
def test_times_of_tags(text, time):
    assert tagged_time({"ACQUISITION_DATETIME": text}) == time


def test_pieces_of_one_pass_are_one_observation(tmp_path):
    write_pass(tmp_path, one(sensed=at(8, "04:41:50"), images=1), {band: v * [1, 1, 0] for band, v in EVEN.items()})
    write_pass(tmp_path, one(sensed=at(8, "04:42:15"), images=1), {band: v * [0, 10, 10] for band, v in EVEN.items()})
    found = single(tmp_path)
    assert [len(pieces) for pieces in found.observations] == [2]
    cube = read_cube(found, ALL)
    assert cube.valid.all()
    assert cube.values[0, 0].tolist() == [[-1000, -1000, 0]] * 2


def test_parts_of_a_pass_that_is_there_as_a_whole_are_set_aside(tmp_path):
    write_pass(tmp_path, one(), EVEN)
    write_pass(tmp_path, one(images=1), {band: 10 * v for band, v in EVEN.items()})
    found = single(tmp_path)
    assert [[p.id for p in pieces] for pieces in found.observations] == [["s1a_33NWB_DES_007_20200108txxxxxx"]]
    assert [(s.id, s.kind, s.reason) for s in found.set_aside] == [
        ("s1a_33NWB_DES_007_20200108t044150", "duplicate", "a part of s1a_33NWB_DES_007_20200108txxxxxx")
    ]


def test_satellites_of_one_day_are_two_observations(tmp_path):
    write_pass(tmp_path, one(), EVEN)
    write_pass(tmp_path, one(unit="s1c", sensed=at(8, "04:42:00")), EVEN)
    found = single(tmp_path)
    assert [[p.platform for p in pieces] for pieces in found.observations] == [["S1A"], ["S1C"]]


def test_the_same_pass_in_two_folders_is_used_once(tmp_path):
    write_pass(tmp_path / "a", one(), EVEN, seen=np.array([[1, 1, 1]] * 2, bool))
    write_pass(tmp_path / "b", one(), EVEN, seen=np.array([[0, 0, 0]] * 2, bool))
    found = single(tmp_path)
    assert len(found.observations) == 1
    assert read_cube(found, ALL).valid.all()
    (aside,) = found.set_aside
    assert (aside.kind, aside.reason.split(";")[0]) == ("duplicate", "delivered twice")


def test_a_series_for_each_direction(tmp_path):
    write_pass(tmp_path, one(8), EVEN)
    write_pass(tmp_path, one(14), EVEN)
    write_pass(tmp_path, one(9, direction="ASC", orbit=59, sensed=at(9, "17:10:00")), EVEN)
    found = every(tmp_path)
    assert {name: by_tile["33NWB"].dates for name, by_tile in found.items()} == {
        "s1_asc": (dt.date(2020, 1, 9),),
        "s1_des": (dt.date(2020, 1, 8), dt.date(2020, 1, 14)),
    }
    assert list(every(tmp_path, direction="ascending")) == ["s1_asc"]
    assert list(every(tmp_path, direction="descending")) == ["s1_des"]


def two_orbits(folder) -> None:
    """On tile 33NWB orbit 7 on 8 and 20 January, orbit 110 on 15; on 33NXB orbit 110 alone."""
    for day in (8, 20):
        write_pass(folder, one(day), EVEN)
    write_pass(folder, one(15, orbit=110), EVEN)
    write_pass(folder, one(15, orbit=110, tile="33NXB"), EVEN)


def test_each_tile_keeps_the_orbit_with_most_dates(tmp_path):
    two_orbits(tmp_path)
    (by_tile,) = every(tmp_path).values()
    assert by_tile["33NWB"].dates == (dt.date(2020, 1, 8), dt.date(2020, 1, 20))
    assert by_tile["33NXB"].dates == (dt.date(2020, 1, 15),)
    (aside,) = by_tile["33NWB"].set_aside
    assert (aside.id, aside.kind) == ("s1a_33NWB_DES_110_20200115txxxxxx", "excluded")
    assert aside.reason == "relative orbit 110 has 1 dates on this tile, 7 has 2; list both under radar.orbits for a series of each"


def test_dates_of_orbits_are_counted_inside_the_period(tmp_path):
    two_orbits(tmp_path)
    (track,) = expand(source(tmp_path, options={"period": (dt.date(2020, 1, 10), dt.date(2020, 1, 18))}))
    assert {p.id for p in find_s1tiling(track) if hasattr(p, "bands")} == {
        "s1a_33NWB_DES_110_20200115txxxxxx",
        "s1a_33NXB_DES_110_20200115txxxxxx",
    }


def test_of_orbits_with_as_many_dates_the_lowest_is_kept(tmp_path):
    write_pass(tmp_path, one(8, orbit=110), EVEN)
    write_pass(tmp_path, one(9, orbit=22), EVEN)
    assert single(tmp_path).dates == (dt.date(2020, 1, 9),)


def test_orbits_listed_that_one_tile_sees_are_series_of_their_own(tmp_path):
    two_orbits(tmp_path)
    found = every(tmp_path, orbits=(7, 110))
    assert {name: {tile: len(s.dates) for tile, s in by_tile.items()} for name, by_tile in found.items()} == {
        "s1_des_007": {"33NWB": 2},
        "s1_des_110": {"33NWB": 1, "33NXB": 1},
    }
    assert all(not s.set_aside for by_tile in found.values() for s in by_tile.values())


def test_orbits_listed_that_no_tile_shares_stay_together(tmp_path):
    two_orbits(tmp_path)
    write_pass(tmp_path, one(16, orbit=59, direction="ASC"), EVEN)
    assert {name: len(by_tile) for name, by_tile in every(tmp_path, orbits=(110, 59)).items()} == {"s1_asc": 1, "s1_des": 2}


def test_folders_that_do_not_hold_what_is_asked_for(tmp_path):
    with pytest.raises(InputError, match=r"E-PRD-002 .*no such folder"):
        expand(source(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"E-PRD-040 .*no file of Sentinel-1 backscatter \(S1Tiling\) of direction both \(found: none\)"):
        expand(source(tmp_path))
    write_pass(tmp_path, one(), EVEN)
    with pytest.raises(InputError, match=r"E-PRD-040 .*inputs\.s1\.radar: no file .* of direction ascending \(found: DES\)"):
        expand(source(tmp_path, direction="ascending"))
    with pytest.raises(InputError, match=r"E-PRD-040 .*no filtered file"):
        expand(source(tmp_path, filtered=True))
    with pytest.raises(InputError, match=r"E-PRD-041 .*inputs\.s1\.radar\.orbits: no file of relative orbit 8 \(found: DES 007\)"):
        expand(source(tmp_path, orbits=(7, 8)))


def test_filtered_files_take_the_masks_of_those_they_come_from(tmp_path):
    seen = np.array([[1, 1, 0]] * 2, bool)
    write_pass(tmp_path, one(), EVEN, seen=seen)
    write_pass(tmp_path, one(), {band: 10 * v for band, v in EVEN.items()}, filtered=True)
    plain, filtered = single(tmp_path), single(tmp_path, filtered=True)
    assert read_cube(plain, ALL).values[0, 0, 0, 0] == -1000
    cube = read_cube(filtered, ALL)
    assert cube.values[0, 0, 0, 0] == 0
    assert cube.valid[0].tolist() == seen.tolist()


def test_polarisations(tmp_path):
    write_pass(tmp_path, one(), {**EVEN, "hh": np.ones((2, 3))})
    assert single(tmp_path, polarisations=("vh",)).bands == ("vh",)
    assert single(tmp_path, polarisations=("hh", "vv")).bands == ("hh", "vv")
    (named,) = expand(source(tmp_path, bands=("hh",)))
    assert named.choice.bands == ("hh",)


def test_a_pass_without_a_polarisation_is_set_aside(tmp_path):
    write_pass(tmp_path, one(8), EVEN)
    write_pass(tmp_path, one(14), {"vv": EVEN["vv"]})
    found = single(tmp_path)
    assert len(found.observations) == 1
    (aside,) = found.set_aside
    assert (aside.kind, aside.platform) == ("bad", "S1A")
    assert "E-PRD-006" in aside.reason
    assert "expected the polarisations vv, vh, missing vh" in aside.reason


@pytest.mark.parametrize(
    ("tag", "value", "text"),
    [
        ("FLYING_UNIT_CODE", "s1b", "the tag says s1b, the name s1a"),
        ("S2_TILE_CORRESPONDING_CODE", "33NXB", "the tag says 33NXB, the name 33NWB"),
        ("POLARIZATION", "hh", "the tag says hh, the name vv"),
        ("ORBIT_DIRECTION", "ASC", "the tag says ASC, the name DES"),
        ("RELATIVE_ORBIT_NUMBER", "008", "the tag says 008, the name 007"),
        ("ACQUISITION_DATETIME", "2020:01:09T04:41:50Z", "the tag says 2020:01:09T04:41:50Z, the name 20200108"),
    ],
)
def test_a_tag_that_contradicts_the_name(tmp_path, tag, value, text):
    write_pass(tmp_path, one(8, tags={tag: value}), EVEN)
    write_pass(tmp_path, one(14), EVEN)
    found = single(tmp_path)
    assert found.dates == (dt.date(2020, 1, 14),)
    (aside,) = found.set_aside
    assert aside.kind == "bad"
    assert f"{tag}: {text}" in aside.reason


def test_tags_in_another_form_contradict_nothing(tmp_path):
    tags = {"RELATIVE_ORBIT_NUMBER": "7", "POLARIZATION": "", "FLYING_UNIT_CODE": "S1A", "ORBIT_DIRECTION": "des"}
    write_pass(tmp_path, one(tags=tags), {"vv": EVEN["vv"]})
    assert not single(tmp_path, polarisations=("vv",)).set_aside


@pytest.mark.parametrize(("tagged", "named", "aside"), [("Normlim", "NormLim", 0), ("sigma", "NormLim", 1), ("", "NormLim", 0)])
def test_calibration_of_name_and_tag(tmp_path, tagged, named, aside):
    write_pass(tmp_path, one(calibration=tagged, named=named), EVEN)
    found = single(tmp_path)
    assert len(found.set_aside) == aside
    if aside:
        assert "CALIBRATION: the tag says sigma, the name NormLim" in found.set_aside[0].reason
    else:
        assert found.observations[0][0].level == "normlim"


def test_calibrations_that_disagree_anywhere_in_the_folder(tmp_path):
    """Sigma on three passes, one of them ascending; gamma on one."""
    for day in (8, 20):
        write_pass(tmp_path, one(day), EVEN)
    write_pass(tmp_path, one(9, direction="ASC", orbit=59, calibration="gamma"), EVEN)
    write_pass(tmp_path, one(21, direction="ASC", orbit=59), EVEN)
    found = every(tmp_path)
    assert found["s1_asc"]["33NWB"].dates == (dt.date(2020, 1, 21),)
    assert not found["s1_des"]["33NWB"].set_aside
    (aside,) = found["s1_asc"]["33NWB"].set_aside
    assert aside.kind == "bad"
    assert "E-PRD-044" in aside.reason
    assert aside.reason.endswith("CALIBRATION: calibrated as gamma, most of this input as sigma")


def test_calibrations_that_disagree_within_a_pass(tmp_path):
    write_pass(tmp_path, one(14), EVEN)
    write_pass(tmp_path, one(), {"vv": EVEN["vv"]})
    write_pass(tmp_path, one(calibration="beta"), {"vh": EVEN["vh"]})
    (aside,) = single(tmp_path).set_aside
    assert "E-PRD-043" in aside.reason
    assert "vv is calibrated as sigma; vh is calibrated as beta" in aside.reason


def test_a_calibration_that_nothing_says_is_taken_to_be_the_common_one(tmp_path):
    write_pass(tmp_path, one(8, calibration=""), EVEN)
    write_pass(tmp_path, one(14), EVEN)
    found = single(tmp_path)
    assert [pieces[0].warnings for pieces in found.observations] == [("neither its name nor its tags say how it is calibrated",), ()]


def test_a_file_that_is_no_raster_is_set_aside(tmp_path):
    write_pass(tmp_path, one(8), EVEN)
    bad, _ = write_pass(tmp_path, one(14), EVEN)
    bad.write_bytes(b"not a raster")
    found = single(tmp_path)
    assert found.dates == (dt.date(2020, 1, 8),)
    assert "E-RAS-002" in found.set_aside[0].reason


def test_days_that_do_not_exist_are_no_passes(tmp_path):
    for path in write_pass(tmp_path, one(14), EVEN):
        path.rename(path.with_name(path.name.replace("20200114", "20200132")))
    write_pass(tmp_path, one(8), EVEN)
    found = single(tmp_path)
    assert (found.dates, found.set_aside) == ((dt.date(2020, 1, 8),), ())
