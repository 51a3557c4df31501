"""Dates and bands read from the names of features."""

from __future__ import annotations

import pytest

from iota_py.errors import ConfigError
from iota_py.training.layout import layout_of


def test_channels_and_dates_in_order_whatever_the_order_of_the_columns():
    names = ("s2_b4_20180201", "dem_slope", "s2_b4_20180101", "s2_ndvi_20180101", "s2_ndvi_20180201", "dem_elevation")
    columns, static = layout_of(names)
    assert columns.tolist() == [[2, 0], [3, 4]]
    assert static.tolist() == [1, 5]


def test_a_channel_without_a_date_has_its_nearest_the_earlier_of_two():
    names = ("s1_vv_20180101", "s1_vv_20180105", "s2_b4_20180103", "s2_b4_20180104", "s2_b4_20180228")
    columns, static = layout_of(names)
    assert columns.tolist() == [[0, 0, 1, 1, 1], [2, 2, 3, 3, 4]]  # 1, 3, 4, 5 January and 28 February
    assert static.size == 0


@pytest.mark.parametrize("names", [("dem_slope",), ("s2_b4_20180101", "s2_b8_20180101"), ("pca_all_1", "pca_all_2")])
def test_one_date_is_no_series(names):
    with pytest.raises(
        ConfigError, match=r"^E-CFG-026 config: model\.kind: tempcnn: expected features of two dates at least, found [01] "
    ) as caught:
        layout_of(names)
    assert "\n" not in str(caught.value)
