"""Names of the columns."""

from __future__ import annotations

from datetime import date

import pytest

from iota_py.errors import ConfigError
from iota_py.features.names import checked, optical_names, static_names

JANUARY = (date(2018, 1, 1), date(2018, 1, 11))


def test_bands_go_date_by_date_then_indices_index_by_index():
    assert optical_names("sentinel2", ["B2", "B8A"], ["NDVI", "BRIGHTNESS"], JANUARY) == (
        "sentinel2_b2_20180101",
        "sentinel2_b8a_20180101",
        "sentinel2_b2_20180111",
        "sentinel2_b8a_20180111",
        "sentinel2_ndvi_20180101",
        "sentinel2_ndvi_20180111",
        "sentinel2_brightness_20180101",
        "sentinel2_brightness_20180111",
    )


def test_radar_carries_its_pass_in_the_name_of_the_sensor():
    assert optical_names("sentinel1_des", ["VV", "VH"], [], [date(2017, 1, 1)]) == (
        "sentinel1_des_vv_20170101",
        "sentinel1_des_vh_20170101",
    )


def test_an_input_without_dates_has_one_column_for_each_band():
    assert static_names("Terrain", ["elevation", "Slope"]) == ("terrain_elevation", "terrain_slope")


def test_names_that_differ_by_case_only_are_the_same():
    with pytest.raises(ConfigError, match="E-FEA-003 features: sentinel2_b2_20180101: 2 columns have this name") as caught:
        optical_names("sentinel2", ["B2", "b2"], [], JANUARY)
    assert len(caught.value.faults) == 2


def test_a_date_given_twice_is_refused():
    with pytest.raises(ConfigError, match="E-FEA-003"):
        optical_names("sentinel2", ["B2"], [], [JANUARY[0], JANUARY[0]])


@pytest.mark.parametrize("name", ["", "2b", "b 2", "b2-x", "b2/../x", "b2_", "_b2", "b__2", "B2", "ndvi_é", "b2\n"])
def test_other_characters_are_refused(name):
    with pytest.raises(ConfigError, match="E-FEA-002"):
        checked([name])


def test_every_fault_is_reported_once():
    with pytest.raises(ConfigError) as caught:
        checked(["good", "bad name", "bad name", "x!"])
    assert [fault.code for fault in caught.value.faults] == ["E-FEA-002", "E-FEA-002", "E-FEA-003"]


def test_good_names_come_back_unchanged():
    assert checked(iter(["a", "b2_c"])) == ("a", "b2_c")
