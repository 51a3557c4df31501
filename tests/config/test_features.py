"""Section `features`: what it accepts, and what it says of the rest."""

from __future__ import annotations

import datetime as dt

import pytest

from iota_py.config.features import Features, Harmonics, Phenology, Smoothing, Statistics, Texture


def test_defaults(load):
    options = load().features_of("s2")
    assert options == Features()
    assert (options.bands, options.keep_dates, options.fill, options.indices, options.relative) == ("all", "all", "linear", None, None)
    assert options.summed_up == ()


def test_everything_that_can_be_asked(load):
    text = """
features:
  s2:
    bands: [B4, B8]
    indices: [NDVI, EVI]
    relative: B8
    keep_dates: [2023-05-01]
    fill: whittaker
    smoothing: {strength: 50}
    statistics: {of: [ndvi, B4], percentiles: [10, 50], extremes: true}
    harmonics: {of: [evi], count: 3}
    phenology: {threshold: 0.3}
    texture: {date: 2023-05-01, radius: 3}
"""
    options = load(text).features_of("s2")
    assert options.smoothing == Smoothing(window=5, order=2, strength=50)
    assert options.keep_dates == (dt.date(2023, 5, 1),)
    assert options.summed_up == ("ndvi", "B4", "evi", "ndvi", "ndvi")
    assert (options.phenology.of, options.phenology.least_amplitude, options.texture.radius) == ("ndvi", 100, 3)


def test_no_band_and_no_date_are_choices(load):
    options = load("features: {s2: {bands: [], keep_dates: [], indices: []}}").features_of("s2")
    assert (options.bands, options.keep_dates, options.indices) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("fill: spline", "features.s2.fill: input should be 'linear', 'akima', 'savitzky-golay', 'whittaker', 'median' or 'least-cloud'"),
        ("smoothing: {window: 7}", "features.s2: fill linear has no use for `smoothing`"),
        ("fill: savitzky-golay, smoothing: {window: 4}", "features.s2.smoothing: window 4: expected an odd number of dates"),
        ("fill: savitzky-golay, smoothing: {order: 5}", "features.s2.smoothing: order 5: expected one below the window, 5"),
        ("fill: whittaker, smoothing: {strength: 0}", "features.s2.smoothing.strength: input should be greater than 0"),
        ("statistics: {of: [ndvi]}", "features.s2.statistics: ask for `percentiles`, `amplitude`, `mean`, `deviation` or `extremes`"),
        ("statistics: {of: [], mean: true}", "features.s2.statistics.of: "),
        ("statistics: {of: [ndvi], percentiles: [5, 5]}", "features.s2.statistics: percentiles: one is given twice"),
        ("statistics: {of: [ndvi], percentiles: [101]}", "features.s2.statistics.percentiles.0: input should be less than or equal to 100"),
        ("harmonics: {of: [ndvi], count: 9}", "features.s2.harmonics.count: input should be less than or equal to 6"),
        ("phenology: {threshold: 1}", "features.s2.phenology.threshold: input should be less than 1"),
        ("texture: {radius: 2}", "features.s2.texture.date: "),
        ("keep_dates: [12]", "is not a date; write it as 2023-01-31"),
        ("percentiles: [10]", "features.s2.percentiles"),
    ],
)
def test_faults(lines, text, line):
    assert any(line in found for found in lines(f"features: {{s2: {{{text}}}}}"))


@pytest.mark.parametrize("section", [Features, Smoothing, Statistics, Harmonics, Phenology, Texture])
def test_every_option_is_described(section):
    assert [name for name, field in section.model_fields.items() if not field.description] == []
