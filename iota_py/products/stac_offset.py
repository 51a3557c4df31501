"""Whether the offset of ESA was taken off already, by the darkest land pixels of an item: Earth Search has items that say no where it was.

(Element84/earth-search issues 66 and 71, cirrus-earth-search issue 33.)
"""

from __future__ import annotations

import functools

import numpy as np

from iota_py.io.raster import read_as

TRUSTED = "sentinel-2-c1-l2a"  # collection whose numbers have the offset
LAND = (4, 5)  # vegetation and bare soil in the scene classification
DARKEST = 1  # per cent of the land pixels, in the near infrared
MOST_NEGATIVE = 0.3  # share of them that the offset may bring below 0
SIDE = 512  # pixels on a side that are looked at, from the overviews


@functools.lru_cache(maxsize=4096)
def taken_off_already(infrared: str, classes: str, stamp: str, offset: float) -> bool:
    """True where the offset, below 0, would bring more than MOST_NEGATIVE of the darkest land pixels below 0; False without land pixels.

    infrared, classes: names of the files of the near infrared and of the scene classification, on one extent. stamp: tells states of the
    files apart. Raises InputError when one cannot be read.
    """
    numbers = read_as(infrared, SIDE).astype(np.float64)
    land = np.isin(read_as(classes, SIDE, numbers.shape), LAND) & (numbers != 0)
    if not land.any():
        return False
    known = numbers[land]
    dark = known[known <= np.percentile(known, DARKEST)]
    return bool((dark + offset < 0).mean() > MOST_NEGATIVE)
