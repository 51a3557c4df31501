"""Reads a Theia product that came without its metadata, ten bands on the 10 m grid, and draws what was read.

Usage: python experiments/theia_product/quicklook.py [OUTPUT FOLDER]. Writes `quicklook.png` and `statistics.json` there
(default: runs/theia_product). The data are looked for where IOTA_PY_SHARED says, default: `shared` beside the project.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from iota_py.grid.windows import whole
from iota_py.io.publish import published, write_json
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import Series
from iota_py.products.reader import Cube, read_cube
from iota_py.products.source import Choice, Interval, Source

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("IOTA_PY_SHARED", ROOT.parent / "shared"))
FOLDER = SHARED / "data" / "theia_s2_l2a_t30typ"
DETAIL = (slice(395, 515), slice(700, 820))  # rows, columns: edges of fields and hedges, to judge the alignment of the bands by
INVALID = (230, 0, 160)
COMPOSITES = {"true colour: B4, B3, B2": ("B4", "B3", "B2"), "false colour: B11, B8, B4": ("B11", "B8", "B4")}


def read_product(folder: Path = FOLDER) -> tuple[Series, Cube]:
    """The series of the one tile found in a folder, and its pixels: all bands on the 10 m grid, invalid where a mask says so."""
    family = load_family("theia-s2-l2a")
    choice = Choice(tuple(family.bands), "FRE", "strict", True)
    series = next(iter(discover(Source("sentinel2", folder, family, choice), Interval(), None).values()))
    return series, read_cube(series, whole(series.geobox.shape))


def statistics(series: Series, cube: Cube) -> dict[str, Any]:
    """Share of usable pixels, and mean reflectance (0–1) of the usable pixels of each band."""
    product, usable = series.observations[0][0], cube.valid[0]
    means = {band: float(cube.values[0, b][usable].mean() / 10_000) for b, band in enumerate(series.bands)}
    return {
        "product": product.id,
        "date": product.date.isoformat(),
        "warnings": list(product.warnings),
        "shape": list(usable.shape),
        "usable_share": float(usable.mean()),
        "mean_reflectance": means,
    }


def composite(series: Series, cube: Cube, bands: tuple[str, ...]) -> np.ndarray:
    """Image uint8 (row, col, 3): each band between its percentiles 1 and 99 over the usable pixels, invalid pixels in INVALID."""
    usable, layers = cube.valid[0], []
    for band in bands:
        values = cube.values[0, series.bands.index(band)].astype(np.float32)
        low, high = np.percentile(values[usable], (1, 99))
        layers.append(np.clip((values - low) / (high - low), 0, 1))
    image = np.rint(np.stack(layers, axis=-1) * 255).astype(np.uint8)
    image[~usable] = INVALID
    return image


def draw(series: Series, cube: Cube, path: Path) -> None:
    """Both composites side by side, the whole crop above and a detail below."""
    product = series.observations[0][0]
    figure = Figure(figsize=(12, 12.6), layout="constrained")
    axes = figure.subplots(2, 2)
    rows, cols = DETAIL
    for column, (title, bands) in enumerate(COMPOSITES.items()):
        image = composite(series, cube, bands)
        axes[0, column].imshow(image, interpolation="nearest")
        axes[0, column].set_title(title)
        axes[0, column].plot(*_frame(rows, cols), color="white", linewidth=1)
        axes[1, column].imshow(image[DETAIL], interpolation="nearest", extent=(cols.start, cols.stop, rows.stop, rows.start))
        axes[1, column].set_title("detail, pixels of 10 m")
    figure.suptitle(f"{product.id}\ninvalid pixels in magenta; {'; '.join(product.warnings)}", fontsize=10)
    with published(path) as part:
        figure.savefig(part, dpi=90, metadata={"Software": None})


def _frame(rows: slice, cols: slice) -> tuple[list[int], list[int]]:
    return [cols.start, cols.stop, cols.stop, cols.start, cols.start], [rows.start, rows.start, rows.stop, rows.stop, rows.start]


def main(output: Path) -> None:
    """Read, warn, draw, write the statistics."""
    console = Console(soft_wrap=True)
    series, cube = read_product()
    for warning in series.observations[0][0].warnings:
        console.print(f"[yellow]warning[/] {series.observations[0][0].id}: {warning}")
    found = statistics(series, cube)
    draw(series, cube, output / "quicklook.png")
    write_json(output / "statistics.json", found)
    console.print(f"{found['usable_share']:.2%} of {found['shape'][0]} × {found['shape'][1]} pixels are usable")
    console.print(f"written to {output}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs" / "theia_product")
