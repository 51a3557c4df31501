"""Snow lies on the hills in winter, and the layers of a year say so."""

from __future__ import annotations

import datetime as dt

import numpy as np

from iota_py.simulation.snowfall import season_layers, snow_cover

HEIGHT = np.tile(np.linspace(140, 340, 40, dtype=np.float32), (30, 1))


def test_snow_falls_in_winter_and_on_high_ground_first():
    assert not snow_cover(HEIGHT, dt.date(2023, 7, 1), 1).any()
    cover = snow_cover(HEIGHT, dt.date(2023, 1, 20), 1)
    assert cover.mean(axis=0)[0] == 0
    assert cover.mean(axis=0)[-1] == 1
    assert (np.diff(cover.mean(axis=0)) >= -0.05).all()
    later = snow_cover(HEIGHT, dt.date(2023, 2, 1), 1)
    assert (later <= cover).all()
    assert np.array_equal(cover, snow_cover(HEIGHT, dt.date(2023, 1, 20), 1))


def test_layers_of_a_year_count_the_days():
    start, stop = dt.date(2022, 9, 1), dt.date(2023, 8, 31)
    layers = season_layers(HEIGHT, start, stop, 1)
    days = [start + dt.timedelta(days=k) for k in range(365)]
    white = np.stack([snow_cover(HEIGHT, day, 1)[:, -1] >= 0.5 for day in days])
    assert layers["SCD"][:, -1].tolist() == white.sum(axis=0).tolist()
    assert layers["SCD"][0, 0] == layers["SMOD"][0, 0] == layers["NSP"][0, 0] == 0
    row = 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], white[:, row].astype(int), [0]])))
    begins, ends = edges[::2], edges[1::2] - 1
    longest = np.argmax(ends - begins)
    assert layers["NSP"][row, -1] == len(begins)
    assert (layers["SOD"][row, -1], layers["SMOD"][row, -1]) == (begins[longest], ends[longest])
    assert all(values.dtype == np.uint16 for values in layers.values())
