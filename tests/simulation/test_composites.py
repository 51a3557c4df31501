"""A composite is the weighted mean of the clear observations around its day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from iota_py.simulation.acquisitions import overflight
from iota_py.simulation.composites import HALF_WIDTH, LAND, NEVER_CLEAR, composite
from tests.products.small import COARSE, FINE, NOTHING, at, observation


def seen(month: int, day: int, orbit: int, **changes):
    passed = overflight(date(2023, month, day), orbit=orbit)
    return observation(passed.sensed, passed.platform, overflight=passed, **changes)


def test_weights_fall_with_the_distance_in_days():
    """5 and 25 July around the 15th: both 10 days away, so a plain mean; a cloud leaves one of them."""
    first, second = seen(7, 4, 51), seen(7, 24, 51, offset=200, cloud=at((0, 0)))
    found = composite([first, second], date(2023, 7, 14))
    share = 1 - 10 / (HALF_WIDTH + 1)
    assert found.weight[10][1, 1] == pytest.approx(2 * share)
    assert found.weight[10][0, 0] == pytest.approx(share)
    assert found.bands["B4"][1, 1] == pytest.approx((FINE[1, 1] + 100) / 10000)
    assert found.bands["B4"][0, 0] == pytest.approx(FINE[0, 0] / 10000)
    assert found.bands["B11"][0, 0] == pytest.approx(COARSE[0, 0] / 10000)  # one of its four parts is under the cloud
    day = date(2023, 7, 14).timetuple().tm_yday - 1
    assert (found.mean_day[10][1, 1], found.mean_day[10][0, 0]) == (day, day - 10)
    assert (found.flag[10] == LAND).all()


def test_what_was_never_clear_is_said():
    found = composite([seen(7, 4, 51, cloud=at((2, 3))), seen(9, 17, 51)], date(2023, 7, 14))  # the second is too far away
    assert found.flag[10][2, 3] == found.flag[20][1, 1] == NEVER_CLEAR
    assert np.isnan(found.bands["B4"][2, 3])
    assert np.isnan(found.mean_day[10][2, 3])
    assert NOTHING.sum() == found.weight[10][2, 3] == 0
