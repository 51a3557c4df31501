"""Pictures of delivered maps for the documentation.

Usage: python experiments/product/pictures.py demo|slovenia|sinop RUN FILE.png, after `iota-py run` of configs/demo.yaml, experiments/slovenia/product.yaml
or experiments/sinop/product.yaml. Reads the folder of the run alone.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from odc.geo.geobox import GeoBox

from iota_py.config import load_config
from iota_py.io.publish import published
from iota_py.io.raster import read_header, read_window
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_nomenclature

INK, FAINT, PAPER = "#1b1f24", "#5b6470", "#ffffff"
DETAIL = (8, 142, 56, 80)  # first row, first column, rows, columns of the demonstration: parcels, a village, a road, a wood


@dataclass(frozen=True)
class Run:
    """A finished run. classes: what the codes mean."""

    root: Path
    classes: Nomenclature

    def layer(self, name: str) -> tuple[np.ndarray, GeoBox]:
        """First band of a layer of the map, and its grid."""
        file = str(self.root / paths.map_layer(name))
        return read_window(file), read_header(file).geobox

    def polygons(self) -> gpd.GeoDataFrame:
        """The polygons of all zones, with the column `zone`."""
        files = sorted((self.root / paths.VECTOR).glob("*.gpkg"))
        return pd.concat([read_vectors(file).assign(zone=file.stem) for file in files], ignore_index=True)

    @property
    def colours(self) -> ListedColormap:
        """Colours by code, white where there is no class."""
        table = np.ones((256, 3))
        for one in self.classes.classes:
            table[one.code] = np.array(one.colour) / 255
        return ListedColormap(table)


def demo(run: Run) -> Figure:
    """A detail of the map in pixels of 10 m, and of the regularised one in pixels of 20 m under the outlines of the polygons."""
    figure = Figure(figsize=(11, 4.75), facecolor=PAPER)
    left, right = figure.subplots(1, 2, gridspec_kw={"left": 0.005, "right": 0.995, "top": 0.995, "bottom": 0.155, "wspace": 0.02})
    grid = run.layer("classification")[1]
    row, col, height, width = DETAIL
    (west, north), (east, south) = grid.transform * (col, row), grid.transform * (col + width, row + height)
    seen = [_show_classes(axes, run, layer) for axes, layer in ((left, "classification"), (right, "regularised"))]
    run.polygons().boundary.plot(ax=right, color=PAPER, linewidth=2.2, alpha=0.85)
    run.polygons().boundary.plot(ax=right, color=INK, linewidth=0.8)
    for axes in (left, right):
        axes.set(xlim=(west, east), ylim=(south, north))
    _scale_bar(right, 200)
    _caption(left, "Map, pixels of 10 m")
    _caption(right, "Without patches below 0.1 ha, pixels of 20 m; outlines of the polygons")
    window = seen[0][row : row + height, col : col + width]
    _legend(figure, run, np.unique(window[window > 0]), columns=5)
    return figure


def slovenia(run: Run) -> Figure:
    """The classes, how sure they are by two measures, and the polygons of the zones."""
    figure = Figure(figsize=(13, 4.25), facecolor=PAPER)
    panels = figure.subplots(1, 4, gridspec_kw={"left": 0.005, "right": 0.995, "top": 0.995, "bottom": 0.235, "wspace": 0.03})
    classes = _show_classes(panels[0], run, "classification")
    _caption(panels[0], "Classes, pixels of 10 m")
    for axes, layer, scale, colours, text in (
        (panels[1], "confidence", 1.0, "viridis", "Confidence: largest probability, %"),
        (panels[2], "uncertainty_entropy", 0.1, "magma", "Uncertainty: entropy of the probabilities, %"),
    ):
        values, grid = run.layer(layer)
        image = axes.imshow(values * scale, colours, vmin=0, vmax=100, extent=_extent(grid), interpolation="nearest")
        _caption(axes, text)
        _ramp(figure, axes, image)
    polygons = run.polygons()
    fill = [tuple(v / 255 for v in run.classes[code].colour) for code in polygons.Classe]
    polygons.plot(ax=panels[3], color=fill, edgecolor=PAPER, linewidth=0.9)
    zones = polygons.dissolve("zone").geometry.to_numpy()
    borders = shapely.union_all(shapely.boundary(zones)).difference(shapely.union_all(zones).boundary.buffer(1))
    gpd.GeoSeries([borders], crs=polygons.crs).plot(ax=panels[3], color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    grid = run.layer("classification")[1]
    for axes in panels:
        west, east, south, north = _extent(grid)
        axes.set(xlim=(west, east), ylim=(south, north))
    _caption(panels[3], "Polygons, cut by three made-up sectors")
    _scale_bar(panels[0], 200)
    _legend(figure, run, np.unique(classes[classes > 0]), columns=5)
    return figure


def sinop(run: Run) -> Figure:
    """The classes of the whole area, and the area of each before and after regularisation as its legend."""
    figure = Figure(figsize=(11, 4.75), facecolor=PAPER)
    axes = figure.add_axes((0.005, 0.085, 0.705, 0.91))
    _show_classes(axes, run, "classification")
    _scale_bar(axes, 10_000)
    _caption(axes, "Classes, 255 × 147 pixels of 232 m, sinusoidal projection of MODIS")
    areas = read_table(run.root / paths.REGULARISATION)
    _bars(figure.add_axes((0.725, 0.30, 0.27, 0.62)), run, areas)
    return figure


def _show_classes(axes: Axes, run: Run, layer: str) -> np.ndarray:
    values, grid = run.layer(layer)
    axes.imshow(values, run.colours, vmin=0, vmax=255, extent=_extent(grid), interpolation="nearest")
    return values


def _extent(grid: GeoBox) -> tuple[float, float, float, float]:
    west, south, east, north = grid.boundingbox
    return west, east, south, north


def _caption(axes: Axes, text: str) -> None:
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="", anchor="NW")
    for side in axes.spines.values():
        side.set(color=FAINT, linewidth=0.6)
    axes.annotate(text, (0, 0), (0, -5), xycoords="axes fraction", textcoords="offset points", va="top", fontsize=10, color=INK)


def _scale_bar(axes: Axes, metres: float) -> None:
    """A bar of some length in the lower left corner, on a plate that every class shows."""
    axes.apply_aspect()
    west, east = axes.get_xlim()
    point = (east - west) / (axes.get_position().width * axes.figure.get_figwidth() * 72)
    left, low = west + 8 * point, axes.get_ylim()[0] + 8 * point
    axes.add_patch(Rectangle((left, low), metres + 14 * point, 23 * point, facecolor=PAPER, edgecolor="none", zorder=5))
    start, middle = left + 7 * point, left + 7 * point + metres / 2
    axes.plot([start, start + metres], [low + 5 * point] * 2, color=INK, linewidth=2.5, solid_capstyle="butt", zorder=6)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    axes.text(middle, low + 8.5 * point, text, ha="center", va="bottom", fontsize=9, color=INK, zorder=6)


def _ramp(figure: Figure, axes: Axes, image: mpl.cm.ScalarMappable) -> None:
    place = axes.get_position()
    bar = figure.colorbar(
        image, cax=figure.add_axes((place.x0 + 0.008, 0.135, place.width - 0.016, 0.022)), orientation="horizontal", ticks=range(0, 101, 25)
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9, length=2, color=FAINT, labelcolor=FAINT)


def _legend(figure: Figure, run: Run, codes: np.ndarray, columns: int) -> None:
    shown = [one for one in run.classes.classes if one.code in set(codes.tolist())]
    patches = [Patch(facecolor=tuple(v / 255 for v in c.colour), edgecolor=FAINT, linewidth=0.5, label=c.label()) for c in shown]
    figure.legend(
        handles=patches, loc="lower left", bbox_to_anchor=(0, 0), ncols=columns, frameon=False, fontsize=10, labelcolor=INK,
        handlelength=1.4, handleheight=1.0, columnspacing=1.8, borderaxespad=0.2,
    )  # fmt: skip


def _bars(axes: Axes, run: Run, areas: pd.DataFrame) -> None:
    """Thousands of hectares of each class, before regularisation as an outline."""
    place = -np.arange(len(areas))
    colours = [tuple(v / 255 for v in run.classes[code].colour) for code in areas.code]
    axes.barh(place, areas.hectares_after / 1000, 0.5, color=colours)
    axes.barh(place, areas.hectares_before / 1000, 0.5, facecolor="none", edgecolor=INK, linewidth=1)
    for row, at in zip(areas.itertuples(), place):
        text = f"{row.name}: {row.hectares_before / 1000:.1f}, then {row.hectares_after / 1000:.1f}"
        axes.annotate(text, (0, at + 0.31), va="bottom", fontsize=10, color=INK)
    axes.set(yticks=[], xticks=[], ylim=(place[-1] - 0.4, 0.65))
    axes.spines[:].set_visible(False)
    text = "Thousands of hectares: outlined on the map,\nfilled without patches below 25 ha"
    axes.annotate(text, (0, 0), (0, -8), xycoords="axes fraction", textcoords="offset points", va="top", fontsize=9, color=FAINT)


PICTURES: dict[str, Callable[[Run], Figure]] = {"demo": demo, "slovenia": slovenia, "sinop": sinop}


def main(kind: str, root: Path, file: Path) -> None:
    """Draw one picture."""
    config = load_config(root / paths.CONFIG)
    drawn = io.BytesIO()
    PICTURES[kind](Run(root, load_nomenclature(config))).savefig(drawn, dpi=120, format="png")
    with published(file) as part:
        part.write_bytes(drawn.getvalue())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
