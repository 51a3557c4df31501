from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from iota_py.nomenclature import Nomenclature
from iota_py.simulation.phenology import BANDS, CLIMATES, CODES, KIND_INDEX, KINDS, LABELS, Season, covers, local_day, reflectance

OSO = Path(__file__).parents[2] / "configs" / "nomenclatures" / "oso-23.yaml"
ONE = np.ones(1)


def spectrum(name: str, day: float) -> dict[str, float]:
    value, _ = reflectance(KINDS[KIND_INDEX[name]], np.array([day]), ONE, np.ones((1, 10)))
    return dict(zip(BANDS, value[0], strict=True))


def ndvi(name: str, day: float) -> float:
    found = spectrum(name, day)
    return (found["B8"] - found["B4"]) / (found["B8"] + found["B4"])


def test_codes_and_labels_are_those_of_oso():
    oso = Nomenclature.from_document(yaml.safe_load(OSO.read_text(encoding="utf-8")), OSO.name)
    assert CODES == (2, 5, 6, 9, 10, 13, 15, 16, 17, 23)
    assert {code: oso[code].label() for code in CODES} == LABELS


def test_a_season_is_half_grown_on_its_day_of_rise_and_gone_after_its_fall():
    season = Season(0.8, 100.0, 200.0, 5.0, 5.0)
    assert season.cover(np.array([100.0, 150.0, 200.0, 260.0])) == pytest.approx([0.4, 0.8, 0.4, 0.0], abs=1e-3)


@given(st.sampled_from(KINDS), st.floats(-40, 400), st.floats(0.5, 1.25))
def test_covers_never_exceed_the_ground_and_reflectances_are_physical(kind, day, vigour):
    days, vigours = np.array([day]), np.array([vigour])
    shares = np.array(covers(kind, days, vigours))
    assert shares.min() >= 0.0
    assert shares.sum() <= 1.0 + 1e-9
    value, _ = reflectance(kind, days, vigours, np.ones((1, 10)))
    assert 0.0 < value.min() <= value.max() < 0.6


def test_calendars_winter_crops_are_green_in_april_and_summer_crops_in_july():
    assert ndvi("cereal", 120) > 0.6 > 0.4 > ndvi("maize", 120)
    assert ndvi("maize", 205) > 0.7 > 0.4 > ndvi("cereal", 205)
    assert ndvi("sunflower", 245) < ndvi("maize", 245) - 0.2


def test_rapeseed_is_yellow_in_bloom_and_like_cereals_before():
    bloom, before = spectrum("rapeseed", 109), spectrum("rapeseed", 60)
    assert bloom["B3"] > 2.5 * bloom["B2"]
    assert bloom["B4"] > 1.5 * spectrum("cereal", 109)["B4"]
    assert all(abs(before[band] - spectrum("cereal", 60)[band]) < 0.06 for band in BANDS)


def test_leaves_fall_and_needles_stay():
    assert ndvi("broadleaf", 190) - ndvi("broadleaf", 20) > 0.25
    assert abs(ndvi("conifer", 190) - ndvi("conifer", 20)) < 0.1
    assert ndvi("water", 190) < 0.0


def test_the_second_region_is_late_in_spring_and_early_in_autumn():
    assert local_day(100.0, CLIMATES[1]) == 100.0
    assert local_day(100.0, CLIMATES[2]) == 78.0
    assert local_day(260.0, CLIMATES[2]) == 260.0 - 22.0 * 0.25
    assert local_day(320.0, CLIMATES[2]) == 331.0
    days = [local_day(day, CLIMATES[2]) for day in range(1, 366)]
    assert np.all(np.diff(days) > 0)
