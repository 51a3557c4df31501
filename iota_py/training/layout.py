"""Which columns are the dates of which band: what a network along time has to know, read from the names of the features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from iota_py.errors import ConfigError, Fault

_DATED = re.compile(r"(.+)_(\d{8})")


def layout_of(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Positions int64 (channel, date) of the dated columns (`sentinel2_b2_20180101`), and int64 (k,) of those without a date.

    Channels in order of appearance; dates are all days of all channels. ConfigError E-CFG-026: fewer than two days.
    """
    dated: dict[str, dict[str, int]] = {}
    static = []
    for place, name in enumerate(names):
        match = _DATED.fullmatch(name)
        if match is None:
            static.append(place)
        else:
            dated.setdefault(match[1], {})[match[2]] = place
    days = sorted({day for columns in dated.values() for day in columns})
    if len(days) < 2:
        text = f"expected features of two dates at least, found {len(days)} ({len(names)} features)"
        raise ConfigError(
            Fault("E-CFG-026", "config", "model.kind: tempcnn", text, "use an input with dates and no reduction, or another kind")
        )
    return series_columns(dated, days), np.array(static, np.int64)


def series_columns(dated: Mapping[str, Mapping[str, int]], days: Sequence[str]) -> np.ndarray:
    """Positions int64 (channel, date) of the columns of each channel (by name, then day `YYYYMMDD`) on these ascending days.

    Where a channel has no column on a day, its column of the nearest day stands in, the earlier of two as near.
    """
    ordinal = {day: np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}").astype(np.int64) for day in days}
    found = np.empty((len(dated), len(days)), np.int64)
    for row, columns in zip(found, dated.values()):
        own = sorted(columns)
        distance = np.abs(np.array([[ordinal[day] - ordinal[other] for other in own] for day in days]))
        row[:] = [columns[own[nearest]] for nearest in distance.argmin(axis=1)]
    return found
