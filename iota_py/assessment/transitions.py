"""What became of each class between two maps of one grid: counts of pairs, areas, and the coding of the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from iota_py.nomenclature import NODATA, LandCoverClass, Nomenclature

VALUES = 256
_CHUNK = 1 << 22  # pixels that are counted at once: numpy.bincount makes eight bytes of each
NO_DATA, SAME, CHANGED, IMPLAUSIBLE = range(4)
# What the difference raster shows, as classes of their own: the coding, names and colours (blue, yellow, vermilion of Okabe and Ito 2008).
DIFFERENCE = Nomenclature(
    "difference of two maps",
    (
        LandCoverClass(SAME, "same", {"en": "same class", "fr": "même classe"}, (206, 216, 226)),
        LandCoverClass(CHANGED, "changed", {"en": "another class", "fr": "autre classe"}, (0, 114, 178)),
        LandCoverClass(IMPLAUSIBLE, "implausible", {"en": "implausible change", "fr": "changement peu plausible"}, (213, 94, 0)),
    ),
)


def joint_counts(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Pixels of each pair of values, int64 (256, 256), `before` in rows. before, after: uint8 of one shape.

    Raises ValueError when shapes or types are others.
    """
    if before.shape != after.shape or before.dtype != np.uint8 or after.dtype != np.uint8:
        raise ValueError(f"{before.shape} {before.dtype} and {after.shape} {after.dtype}: expected uint8 of one shape")
    pairs = (before.astype(np.uint16) << 8 | after).ravel()
    counts = np.zeros(VALUES * VALUES, np.int64)
    for first in range(0, pairs.size, _CHUNK):
        counts += np.bincount(pairs[first : first + _CHUNK], minlength=VALUES * VALUES)
    return counts.reshape(VALUES, VALUES)


def unknown_values(joint: np.ndarray, nomenclature: Nomenclature) -> tuple[list[int], list[int]]:
    """Values of the first and of the second map that are neither 0 nor classes."""
    known = {NODATA, *nomenclature.codes}
    before, after = (sorted(set(np.flatnonzero(joint.sum(axis=axis)).tolist()) - known) for axis in (1, 0))
    return before, after


def transition_matrix(joint: np.ndarray, nomenclature: Nomenclature) -> np.ndarray:
    """The part of the counts where both maps have a class, int64 (n, n), classes by code, `before` in rows."""
    codes = np.array(nomenclature.codes)
    return joint[np.ix_(codes, codes)]


def difference_table(implausible: np.ndarray) -> np.ndarray:
    """Value of the difference raster for each pair, uint8 (256, 256): 0 where either map has no data, 1 same, 2 another class, 3 implausible.

    implausible: bool (256, 256), `before` in rows.
    """
    table = np.where(implausible, IMPLAUSIBLE, CHANGED).astype(np.uint8)
    np.fill_diagonal(table, SAME)
    table[NODATA, :] = table[:, NODATA] = NO_DATA
    return table


def difference(before: np.ndarray, after: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Difference raster, uint8, of two maps, uint8 of one shape."""
    return table[before, after]


def transition_table(matrix: np.ndarray, implausible: np.ndarray, nomenclature: Nomenclature, pixel_hectares: float) -> pd.DataFrame:
    """One row for each pair of classes that occurs, by codes: from and to (code, alias, name), pixels, hectares, the share of the pixels
    of `from` that went there, and whether a rule calls it implausible.

    matrix: int64 (n, n). implausible: bool (256, 256). pixel_hectares: NaN where pixels have no known area.
    """
    codes, totals = nomenclature.codes, matrix.sum(axis=1)
    rows = []
    for i, j in np.argwhere(matrix > 0):
        old, new = nomenclature[codes[i]], nomenclature[codes[j]]
        pixels = int(matrix[i, j])
        share, odd = pixels / int(totals[i]), bool(implausible[old.code, new.code] and i != j)
        rows.append((old.code, old.alias, old.label(), new.code, new.alias, new.label(), pixels, pixels * pixel_hectares, share, odd))
    columns = [
        "from_code",
        "from_alias",
        "from_name",
        "to_code",
        "to_alias",
        "to_name",
        "pixels",
        "hectares",
        "share_of_from",
        "implausible",
    ]
    return pd.DataFrame(rows, columns=columns)


def class_changes(matrix: np.ndarray, nomenclature: Nomenclature, pixel_hectares: float) -> pd.DataFrame:
    """One row for each class of the nomenclature, in its order, over the pixels where both maps have a class.

    code, alias, name; pixels_a, pixels_b; kept (in both), gain (only in B), loss (only in A), net (gain - loss), gross (gain + loss), swap
    (2 min(gain, loss): what moves without changing the total, Pontius, Shusas and McEachern 2004), all in pixels; the same of A, B, gain, loss,
    net and gross in hectares.
    """
    kept, in_a, in_b = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    gain, loss = in_b - kept, in_a - kept
    pixels: Mapping[str, np.ndarray] = {
        "pixels_a": in_a, "pixels_b": in_b, "kept": kept, "gain": gain, "loss": loss, "net": gain - loss, "gross": gain + loss,
        "swap": 2 * np.minimum(gain, loss),
    }  # fmt: skip
    names = {"pixels_a": "hectares_a", "pixels_b": "hectares_b", **{k: f"{k}_hectares" for k in ("gain", "loss", "net", "gross")}}
    head = {"code": [c.code for c in nomenclature.classes], "alias": [c.alias for c in nomenclature.classes]}
    table = pd.DataFrame({**head, "name": [c.label() for c in nomenclature.classes], **pixels})
    return table.assign(**{new: table[old] * pixel_hectares for old, new in names.items()})


def or_none(value: float) -> float | None:
    """A number as a document keeps it: None where it is not defined."""
    return None if math.isnan(value) else float(value)
