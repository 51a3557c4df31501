"""What is done to the outlines of the polygons of a map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """How far outlines may leave those of the pixels, in units of the CRS.

    simplify: tolerance of the Douglas-Peucker simplification, 0 for none. smooth: length on both sides of a corner that is rounded, 0 for none.
    Both 0: the outlines of the pixels.
    """

    simplify: float
    smooth: float

    def __post_init__(self) -> None:
        if not (0 <= self.simplify < float("inf") and 0 <= self.smooth < float("inf")):
            raise ValueError(f"{self}: both lengths must be finite and at least 0")

    def keeps_corners(self, pixel: tuple[float, float]) -> bool:
        """Whether outlines start from the corners of pixels of (height, width), and not from the line that their steps stand for.

        That line leaves the sides of the pixels by up to half a pixel: a smaller tolerance forbids it.
        """
        return self.simplify < max(pixel) / 2
