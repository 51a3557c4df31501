"""Columns of another year: the same but for dates that lie whole years away."""

from __future__ import annotations

import pytest

from iota_py.pipeline.models.alignment import years_apart

OWN = ("s2_red_20200101", "s2_red_20200229", "s2_red_20201231", "dem_height")


@pytest.mark.parametrize(
    ("given", "years"),
    [
        (OWN, 0),
        (("s2_red_20210101", "s2_red_20210301", "s2_red_20211231", "dem_height"), 1),  # 29 February is 1 March
        (("s2_red_20180103", "s2_red_20180301", "s2_red_20181230", "dem_height"), -2),
        (("s2_red_20210101", "s2_red_20210301", "s2_red_20221231", "dem_height"), None),  # one date two years away
        (("s2_red_20210107", "s2_red_20210306", "s2_red_20211231", "dem_height"), None),  # five days and more
        (("s2_nir_20210101", "s2_red_20210301", "s2_red_20211231", "dem_height"), None),  # another band
        (("s2_red_20210101", "s2_red_20210301", "s2_red_20211231", "dem_slope"), None),
        (("s2_red_20210101", "s2_red_20210301", "dem_height"), None),
        (("s2_red_20210101", "s2_red_20219999", "s2_red_20211231", "dem_height"), None),  # no date at all
        (("s2_red_20210301", "s2_red_20210101", "s2_red_20211231", "dem_height"), None),  # another order
        (("s2_red_20200101", "s2_red_20210228", "s2_red_20201231", "dem_height"), None),
    ],
)
def test_years_apart(given: tuple[str, ...], years: int | None) -> None:
    assert years_apart(OWN, given) == years
