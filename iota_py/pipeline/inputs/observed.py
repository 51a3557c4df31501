"""A series over some pixels, with what is to be computed from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from iota_py.features.indices import IndexPlan
from iota_py.features.layout import feature_count
from iota_py.pipeline.inputs.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Observed:
    """A series over some pixels. values: int16 (date, band, pixel); valid: uint8 (date, pixel); days, targets: int32; contiguous.

    recipe: None where every band and index on every target is wanted, filled linearly. clouds: cloud share of each date, NaN where unknown.
    texture: int16 (column, pixel), where the recipe asks for it.
    """

    values: np.ndarray
    valid: np.ndarray
    days: np.ndarray
    targets: np.ndarray
    indices: IndexPlan
    recipe: Recipe | None = None
    clouds: np.ndarray | None = None
    texture: np.ndarray | None = None

    @property
    def columns(self) -> int:
        """Number of features."""
        if self.recipe is not None:
            return self.recipe.columns
        return feature_count(len(self.targets), self.values.shape[1], len(self.indices.names))

    def part(self, pixels: slice | np.ndarray) -> Observed:
        """The same series over some of the pixels."""
        values, valid = np.ascontiguousarray(self.values[..., pixels]), np.ascontiguousarray(self.valid[..., pixels])
        return replace(self, values=values, valid=valid, texture=None if self.texture is None else self.texture[:, pixels])
