from datetime import date, datetime

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.simulation.acquisitions import Delivery, Swath, overflight, sun

TOULOUSE = GeoBox((100, 100), Affine(10, 0, 402600, 0, -10, 4840000), "EPSG:32631")


@pytest.mark.parametrize(
    ("day", "orbit", "platform", "revolution"),
    [
        (date(2023, 1, 5), 51, "SENTINEL2A", 39373),
        (date(2023, 8, 23), 51, "SENTINEL2A", 39373 + 23 * 143),
        (date(2023, 2, 19), 51, "SENTINEL2B", 30536 + 4 * 143),
        (date(2018, 10, 23), 51, "SENTINEL2B", 30536 - 154 * 143),  # T30TYP was seen that day
        (date(2023, 1, 2), 8, "SENTINEL2A", 39330),
        (date(2023, 1, 17), 8, "SENTINEL2B", 30493 + 143),
    ],
)
def test_the_calendar_of_the_orbits(day, orbit, platform, revolution):
    found = overflight(day, orbit=orbit)
    assert (found.platform, found.orbit, found.revolution) == (platform, orbit, revolution)
    assert found.sensed.date() == day
    offset = {"SENTINEL2A": 140, "SENTINEL2B": 26}[platform]  # absolute and relative orbit numbers are tied
    assert (found.revolution - offset) % 143 == orbit


def test_a_day_without_a_pass_is_refused():
    with pytest.raises(ValueError, match="no satellite flies orbit 51 on 2023-01-06"):
        overflight(date(2023, 1, 6))


def test_day_of_the_year():
    assert overflight(date(2023, 2, 9)).day == 40


def test_a_swath_is_a_slanted_half_plane():
    west = Swath("west", 1000.0, 0.0)
    x, y = np.array([999.0, 1001.0, 1001.0]), np.array([0.0, 0.0, 100.0])  # 100 m further north the edge lies 21 m further east
    assert west.misses(x, y).tolist() == [False, True, False]
    assert Swath("east", 1000.0, 0.0).misses(x, y).tolist() == [True, False, True]


def test_the_southern_piece_comes_later(tile):
    passed = overflight(date(2023, 7, 4))
    assert Delivery(tile, passed, piece="north").sensed == passed.sensed
    assert (Delivery(tile, passed, piece="south").sensed - passed.sensed).total_seconds() == 14.2


def test_the_sun_by_hand():
    """21 June, 10:58 UTC, 43.7° N 1.8° E: declination 23.4°, hour angle about -14°, so zenith near 23° and the sun in the south-east."""
    zenith, azimuth = sun(datetime(2023, 6, 21, 10, 58), TOULOUSE)
    assert zenith == pytest.approx(23.1, abs=1.0)
    assert 130.0 < azimuth < 160.0
    winter, _ = sun(datetime(2023, 12, 21, 10, 58), TOULOUSE)
    assert winter == pytest.approx(68.2, abs=1.5)
