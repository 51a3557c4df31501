"""Columns of a series that has a recipe: fill -> indices -> what sums the series up -> int16, block of pixels after block.

Everything is arithmetic on whole rows of pixels, so a number does not depend on the block that it is computed in.
"""

from __future__ import annotations

import numpy as np

from iota_py.features.harmonics import harmonics
from iota_py.features.indices import index_values
from iota_py.features.phenology import season
from iota_py.features.relative import relative_to
from iota_py.features.snow import snow_season
from iota_py.features.statistics import statistics
from iota_py.features.texture import texture
from iota_py.grid.windows import Window
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.recipe import Recipe
from iota_py.timeseries.fills import fill
from iota_py.timeseries.gapfill import rounded, valid_count

BLOCK = 512  # pixels: the rows of a block stay in the cache


def recipe_columns(one: Observed, first: int, last: int) -> np.ndarray:
    """Features int16 (pixel, feature) of the pixels first..last-1 of a series with a recipe."""
    out = np.empty((last - first, one.columns), np.int16)
    for start in range(first, last, BLOCK):
        stop = min(start + BLOCK, last)
        out[start - first : stop - first] = _columns(one.part(slice(start, stop)), _of(one)).T
    return out


def texture_columns(one: Observed, around: Window, window: Window) -> np.ndarray:
    """Texture int16 (column, pixel) of a window. one: the series over `around`, which is the window and its margin, pixels in row-major order."""
    recipe = _of(one)
    assert recipe.texture is not None
    target = int(np.flatnonzero(one.targets == recipe.texture.day)[0])
    position = one.indices.names.index(recipe.texture.of)
    image = np.empty(around.pixels, np.float32)
    # The bands of that index alone are filled, and no other index is computed.
    wanted, plan = one.indices.bands_of(position, len(recipe.read)), one.indices.only([position])
    for start in range(0, around.pixels, BLOCK):
        part = one.part(slice(start, start + BLOCK))
        image[start : start + BLOCK] = index_values(_filled(part, recipe, wanted)[[target]], plan)[0, 0]
    seen = valid_count(one.valid) > 0
    found = texture(image.reshape(around.shape), seen.reshape(around.shape), recipe.texture.radius)
    row, col = window.row - around.row, window.col - around.col
    inner = found[:, row : row + window.height, col : col + window.width]
    return rounded(np.ascontiguousarray(inner).reshape(len(found), window.pixels))


def inner_pixels(one: Observed, around: Window, window: Window) -> Observed:
    """The series over a window, from that over `around`."""
    if around == window:
        return one
    pixels = np.arange(around.pixels).reshape(around.shape)
    row, col = window.row - around.row, window.col - around.col
    return one.part(pixels[row : row + window.height, col : col + window.width].ravel())


def grown(window: Window, margin: int, shape: tuple[int, int]) -> Window:
    """The window and `margin` pixels around it, as far as a grid of this shape goes."""
    top, left = max(window.row - margin, 0), max(window.col - margin, 0)
    bottom, right = min(window.row + window.height + margin, shape[0]), min(window.col + window.width + margin, shape[1])
    return Window(top, left, bottom - top, right - left)


def _of(one: Observed) -> Recipe:
    assert one.recipe is not None
    return one.recipe


def _filled(one: Observed, recipe: Recipe, wanted: tuple[int, ...]) -> np.ndarray:
    """Float32 (target, band, pixel), zeros for the bands that nothing needs."""
    if len(wanted) == len(recipe.read):
        return fill(one.values, one.valid, one.days, one.targets, recipe.fill, one.clouds)
    out = np.zeros((len(one.targets), *one.values.shape[1:]), np.float32)
    if wanted:
        some = np.ascontiguousarray(one.values[:, list(wanted)])
        out[:, list(wanted)] = fill(some, one.valid, one.days, one.targets, recipe.fill, one.clouds)
    return out


def _needed(one: Observed, recipe: Recipe) -> tuple[int, ...]:
    """Positions of the bands that are filled: texture and harmonics have their own."""
    series = [name for part in (recipe.statistics, recipe.season) if part is not None for name in _names(part.of)]
    needed = {recipe.read.index(name) for name in series if name in recipe.read}
    indices = {one.indices.names.index(name) for name in series if name not in recipe.read}
    if recipe.dated:
        needed |= {recipe.read.index(band) for band in recipe.bands}
        needed |= {recipe.read.index(recipe.relative)} if recipe.relative and recipe.bands else set()
        indices |= set(range(recipe.indices))
    for position in indices:
        needed |= set(one.indices.bands_of(position, len(recipe.read)))
    return tuple(sorted(needed))


def _names(of: str | tuple[str, ...]) -> tuple[str, ...]:
    return (of,) if isinstance(of, str) else of


def _columns(one: Observed, recipe: Recipe) -> np.ndarray:
    """All the columns of a block, int16 (column, pixel)."""
    pixels = one.values.shape[2]
    filled = _filled(one, recipe, _needed(one, recipe))
    index = index_values(filled, one.indices)
    kept = list(recipe.dated)
    rows = [_band_columns(filled[kept], recipe).reshape(-1, pixels), index[: recipe.indices, kept].reshape(-1, pixels)]

    def series(name: str) -> np.ndarray:
        return filled[:, recipe.read.index(name)] if name in recipe.read else index[one.indices.names.index(name)]

    if recipe.statistics is not None:
        rows += [statistics(series(name), one.targets, recipe.statistics) for name in recipe.statistics.of]
    if recipe.harmonics is not None:
        origin, count = int(one.targets[0]), recipe.harmonics.count
        rows += [harmonics(_as_observed(one, recipe, name), one.valid, one.days, origin, count) for name in recipe.harmonics.of]
    if recipe.season is not None:
        rows.append(season(series(recipe.season.of), one.targets, recipe.season))
    if recipe.snow is not None:
        year = recipe.snow
        found = snow_season(_as_observed(one, recipe, year.of), one.valid, one.days, year.start, year.stop)
        rows.append(np.stack([getattr(found, word) for word in year.words]).astype(np.float32))
    columns = [rounded(row) for row in rows]
    if one.texture is not None:
        columns.append(one.texture)
    return np.concatenate(columns)


def _band_columns(filled: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Reflectances of the bands that have columns, or what they are relative to the one that the recipe names; (target, band, pixel)."""
    positions = [recipe.read.index(band) for band in recipe.bands]
    if recipe.relative is None:
        return filled[:, positions]
    reference = recipe.read.index(recipe.relative)
    ratios = relative_to(filled[:, positions], filled[:, reference])
    for row, position in enumerate(positions):
        if position == reference:
            ratios[:, row] = filled[:, reference]
    return ratios


def _as_observed(one: Observed, recipe: Recipe, name: str) -> np.ndarray:
    """A band or index on the dates of the observations, float32 (date, pixel), before any filling."""
    if name in recipe.read:
        return one.values[:, recipe.read.index(name)].astype(np.float32)
    return index_values(one.values.astype(np.float32), one.indices.only([one.indices.names.index(name)]))[0]
