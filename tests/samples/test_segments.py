"""Which segments learn: purity and the wall between learning and validation, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from iota_py.samples.segments import CLEAR, PURE, TOUCHED, reach

#   segment 1: 8 of 10 pixels of class 5 (polygon 0: 3, polygon 1: 5): pure at 0.8.
#   segment 2: 7 of 10 of class 5, 2 of class 6: not.
#   segment 3: 4 of 4 of class 6, and a validation polygon meets it.
#   segment 4: as many pixels of classes 5 and 6: the lower code, and not pure.
COUNTS = {(1, 5, 0): 3, (1, 5, 1): 5, (2, 5, 0): 7, (2, 6, 2): 2, (3, 6, 2): 4, (4, 5, 3): 2, (4, 6, 2): 2}
SIZE = pd.Series([10, 10, 4, 4, 9], index=[1, 2, 3, 4, 5])


def pixels() -> pd.DataFrame:
    rows = [key for key, count in COUNTS.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["segment", "code", "polygon"])


def test_by_hand() -> None:
    found = reach(pixels(), SIZE, np.array([3, 5]), 0.8)
    assert found.values.tolist() == [[1, 5, 1, PURE], [2, 5, 0, CLEAR], [3, 6, 2, TOUCHED], [4, 5, 3, CLEAR]]


def test_the_share_counts_every_pixel_of_the_segment() -> None:
    assert reach(pixels(), SIZE, np.array([]), 0.81).reached.tolist() == [CLEAR, CLEAR, PURE, CLEAR]
    assert reach(pixels(), SIZE, np.array([]), 0.7).reached.tolist() == [PURE, PURE, PURE, CLEAR]
    assert reach(pixels(), SIZE.replace(4, 5), np.array([]), 1.0).reached.tolist() == [CLEAR] * 4


def test_without_a_pixel() -> None:
    assert reach(pixels().iloc[:0], SIZE, np.array([1]), 0.8).empty
