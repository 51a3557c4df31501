"""Names of the columns of the feature matrix, lower case, in the one order that every stage shares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from iota_py.errors import ConfigError, Fault

_ALLOWED_WORDS = "lower-case letters, digits and single underscores, a letter first"
_ALLOWED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def optical_names(sensor: str, bands: Sequence[str], indices: Sequence[str], dates: Sequence[date]) -> tuple[str, ...]:
    """Columns of one sensor: date by date the bands (`sentinel2_b2_20180101`), then index by index the dates (`sentinel2_ndvi_20180101`).

    Radar series use it too, with the pass in the sensor (`sentinel1_des`) and no index. Raises ConfigError as `checked` does.
    """
    stamps = [day.strftime("%Y%m%d") for day in dates]
    reflectances = [f"{sensor}_{band}_{stamp}" for stamp in stamps for band in bands]
    spectral = [f"{sensor}_{index}_{stamp}" for index in indices for stamp in stamps]
    return checked(name.lower() for name in (*reflectances, *spectral))


def static_names(name: str, bands: Sequence[str]) -> tuple[str, ...]:
    """Columns without a date: `<name>_<band>` of an input that has none, `<name>_ndvi_p90` of a whole series.

    Raises ConfigError as `checked` does.
    """
    return checked(f"{name}_{band}".lower() for band in bands)


def checked(names: Iterable[str], where: str = "features") -> tuple[str, ...]:
    """The same names, once it is sure that each is allowed and unique.

    Allowed: a lower-case letter, then lower-case letters and digits, words joined by single underscores (safe as a table column, a band
    description and a file name). Raises ConfigError with every fault: E-FEA-002 not allowed, E-FEA-003 given twice.
    """
    names = tuple(names)
    faults = [
        Fault(
            "E-FEA-002",
            where,
            name,
            "expected lower-case letters, digits and single underscores, a letter first",
            "rename the input or the band",
        )
        for name in dict.fromkeys(names)
        if not _ALLOWED.fullmatch(name)
    ]
    faults += [
        Fault("E-FEA-003", where, name, f"{count} columns have this name", "give each sensor, band and date once")
        for name, count in Counter(names).items()
        if count > 1
    ]
    if faults:
        raise ConfigError(*faults)
    return names
