"""Small images of rasters as PNG bytes, for the report and the catalogue. The same input gives the same bytes."""

from __future__ import annotations

import io
import math

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from iota_py.assessment.difference import difference_colormap
from iota_py.assessment.figures import MUTED, decimal_ticks, house_style, png_of
from iota_py.nomenclature import Nomenclature

_SCREEN_DPI = 100.0
_MIN_SIDE = 640  # pixels: a smaller raster is enlarged, so that its bar has letters one can read
_NARROWEST = 4.0  # inches


def decimate(values: np.ndarray, max_side: int) -> np.ndarray:
    """Nearest-neighbour reduction of (row, col) so that no side is longer than `max_side` pixels; a smaller array comes back as it is.

    Keeps the proportions; takes the pixel that holds the centre of each target pixel, so codes are never mixed.
    """
    if max_side < 1:
        raise ValueError(f"longest side {max_side}: expected at least 1 pixel")
    longest = max(values.shape)
    if longest <= max_side:
        return values
    rows, cols = (_centres(length, max(1, round(length * max_side / longest))) for length in values.shape)
    return values[np.ix_(rows, cols)]


def map_quicklook(classes: np.ndarray, nomenclature: Nomenclature) -> bytes:
    """Image of a map, uint8 (row, col), one image pixel per map pixel, in the colours of the nomenclature; nodata is transparent.

    Raises ValueError for a code that the nomenclature does not have.
    """
    strangers = sorted(set(np.unique(classes).tolist()) - {0, *nomenclature.codes})
    if strangers:
        raise ValueError(f"the map holds the codes {strangers}, which are not in the nomenclature {nomenclature.name}")
    return _paletted(classes, nomenclature.colormap())


def difference_quicklook(difference: np.ndarray) -> bytes:
    """Image of a difference map (`difference_map`), uint8 (row, col); pixels without reference are transparent."""
    return _paletted(difference, difference_colormap())


@house_style()
def ramp_quicklook(values: npt.ArrayLike, low: float, high: float, label: str, language: str = "en") -> bytes:
    """Image of a continuous raster (row, col) from `low` (dark) to `high` (light), with its colour bar.

    Masked and NaN pixels stay white. Values beyond the bounds take the colour of the bound, and the bar says so with a point.
    """
    if not low < high:
        raise ValueError(f"colour ramp from {low} to {high}: expected two bounds in ascending order")
    raster = np.ma.masked_invalid(np.ma.asarray(values, dtype=np.float64) if np.ma.isMA(values) else np.asarray(values, dtype=np.float64))
    zoom = max(1, math.ceil(_MIN_SIDE / max(raster.shape)))
    height, width = (length * zoom / _SCREEN_DPI for length in raster.shape)
    page = max(width, _NARROWEST)
    # Letters in proportion to the page, which the report shows at about the same width whatever its pixels.
    letters = 2.1 * page
    foot = 0.085 * page + 0.1
    figure = Figure(figsize=(page, height + foot))
    tall = height + foot
    picture = figure.add_axes(((1 - width / page) / 2, foot / tall, width / page, height / tall))
    picture.set_axis_off()
    drawn = picture.imshow(raster, cmap=matplotlib.colormaps["viridis"], norm=Normalize(low, high), interpolation="nearest", aspect="auto")
    place = figure.add_axes((0.1, 0.76 * foot / tall, 0.8, 0.14 * foot / tall))
    bar = figure.colorbar(drawn, cax=place, orientation="horizontal", extend=_beyond(raster, low, high))
    bar.set_label(label, fontsize=letters, labelpad=0.1 * letters)
    bar.ax.tick_params(labelsize=0.9 * letters, labelcolor=MUTED, length=2, pad=0.2 * letters)
    bar.ax.locator_params(nbins=6)
    decimal_ticks(bar.ax.xaxis, language)
    bar.outline.set_visible(False)
    return png_of(figure, dpi=_SCREEN_DPI)


def _beyond(raster: np.ma.MaskedArray, low: float, high: float) -> str:
    known = raster.compressed()
    below, above = bool(np.any(known < low)), bool(np.any(known > high))
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[below, above]


def _centres(length: int, target: int) -> np.ndarray:
    return ((np.arange(target) + 0.5) * length / target).astype(np.intp)


def _paletted(codes: np.ndarray, table: dict[int, tuple[int, int, int, int]]) -> bytes:
    """PNG with a palette: a byte for each pixel, before it is packed."""
    palette = np.array([table[value] for value in range(256)], dtype=np.uint8)
    image = Image.fromarray(np.ascontiguousarray(codes, dtype=np.uint8))
    image.putpalette(palette[:, :3].tobytes())  # makes it an image of palette indices
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True, transparency=palette[:, 3].tobytes())
    return buffer.getvalue()
