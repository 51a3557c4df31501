"""Difference map: where the map agrees with the reference polygons, learning and validation apart."""

from __future__ import annotations

import numpy as np

from iota_py.assessment.language import marked

NO_ROLE, LEARNING, VALIDATION = 0, 1, 2
NONE, VALIDATION_WRONG, VALIDATION_RIGHT, LEARNING_WRONG, LEARNING_RIGHT = range(5)

LABELS: dict[int, str] = {
    NONE: marked("no reference"),
    VALIDATION_WRONG: marked("validation, wrong"),
    VALIDATION_RIGHT: marked("validation, right"),
    LEARNING_WRONG: marked("learning, wrong"),
    LEARNING_RIGHT: marked("learning, right"),
}
# Wrong is warm and right is cool, told apart with every kind of colour vision (palette of Okabe and Ito 2008).
COLOURS: dict[int, tuple[int, int, int]] = {
    VALIDATION_WRONG: (213, 94, 0),
    VALIDATION_RIGHT: (0, 114, 178),
    LEARNING_WRONG: (240, 190, 60),
    LEARNING_RIGHT: (86, 180, 233),
}


def difference_map(mapped: np.ndarray, reference: np.ndarray, role: np.ndarray) -> np.ndarray:
    """Compare a map with its reference.

    mapped, reference: uint8 class codes, 0 none. role: uint8, 0 none, 1 learning, 2 validation. Same shape. Returns uint8: 0 none,
    1 validation wrong, 2 validation right, 3 learning wrong, 4 learning right. A reference pixel that the map left unclassified is wrong.
    Raises ValueError when shapes differ, a role is not 0, 1 or 2, or a pixel has a role and no reference.
    """
    if not mapped.shape == reference.shape == role.shape:
        raise ValueError(f"map {mapped.shape}, reference {reference.shape}, role {role.shape}: expected the same shape")
    if np.any(role > VALIDATION):
        raise ValueError(f"role {int(role.max())}: expected 0 none, 1 learning or 2 validation")
    if np.any((role != NO_ROLE) & (reference == 0)):
        raise ValueError("a pixel has a role and no reference class")
    codes = np.array([[NONE, NONE], [LEARNING_WRONG, LEARNING_RIGHT], [VALIDATION_WRONG, VALIDATION_RIGHT]], dtype=np.uint8)
    return codes[role.astype(np.intp), (mapped == reference).astype(np.intp)]


def difference_colormap() -> dict[int, tuple[int, int, int, int]]:
    """GDAL colour table of a difference map: 0 transparent, unused values black."""
    table = dict.fromkeys(range(256), (0, 0, 0, 255))
    table[NONE] = (0, 0, 0, 0)
    table.update({value: (*colour, 255) for value, colour in COLOURS.items()})
    return table
