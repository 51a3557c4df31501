"""A band of a full-width Sentinel-2 tile, mapped end to end with the forest of the benchmark, and what it says of the whole tile.

    python experiments/performance/full_tile.py write /data/band --rows 512 --dates 35      # once; tens of GB for all 10,980 rows
    python experiments/performance/full_tile.py map /data/band --workers 2

The content is the benchmark's landscape, repeated across the width with noise of its own; the files have the strips of real products.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from iota_py.bench.chain import prepare_chain, run_windows
from iota_py.bench.models import prepared
from iota_py.bench.scale import FULL, Settings, cache_folder
from iota_py.bench.tile import NAME, layers_of, write_product
from iota_py.bench.workload import series_options
from iota_py.config.schema import Engine as EngineOptions
from iota_py.grid.windows import Window
from iota_py.pipeline.engine import open_engine
from iota_py.pipeline.reading import BookStack, codes_of, read_observed
from iota_py.prediction.loading import load_engine
from iota_py.simulation.series import make_series
from iota_py.timeseries.dates import EPOCH

SIDE, PIECE = 10980, 2048  # columns of a tile, and of the landscape that is repeated


def write(folder: Path, rows: int, dates: int) -> None:
    """Write the products; a product that is there is left alone."""
    series = make_series(series_options(FULL, (rows, PIECE), dates), 2000)
    for date, day in enumerate(series.days):
        name = f"SENTINEL2A_{EPOCH + dt.timedelta(days=int(day)):%Y%m%d}-105900-000_L2A_T{NAME}_C_V3-1"
        if not (folder / name).exists():
            rng = np.random.default_rng([date, rows])
            write_product(
                folder / name, {key: wide(values, rng) for key, values in layers_of(series, date, (rows, PIECE)).items()}, "strips"
            )
            print(name, flush=True)


def wide(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A layer repeated to the width of a tile. Bands get further noise, lest repeats compress better than real pixels do."""
    width = SIDE if values.shape[1] == PIECE else SIDE // 2
    repeated = np.tile(values, (1, -(-width // values.shape[1])))[:, :width]
    if values.dtype != np.int16:
        return repeated
    noise = np.rint(rng.normal(0, 12, repeated.shape)).astype(np.int16)
    return np.where(repeated > -9000, repeated + noise, repeated).astype(np.int16)


def map_band(folder: Path, workers: int) -> None:
    """Map the band; print wall time, the share of each stage on one core, memory, and the same of a whole tile."""
    settings = Settings(replace(FULL, window=262_144), cache_folder(), workers, print)
    fitted = prepared(settings, "forest")
    with tempfile.TemporaryDirectory() as place:
        chain = prepare_chain(settings, Path(place), folder)
        windows = [Window(*task.params["window"]) for task in chain.tasks]
        pixels = sum(window.pixels for window in windows)
        with open_engine(EngineOptions(workers=workers)) as engine:
            run_windows(replace(chain, tasks=chain.tasks[:workers]), engine)  # workers start, kernels and models are loaded
            start = time.perf_counter()
            run_windows(chain, engine)
            wall = time.perf_counter() - start
        shares = stage_seconds(chain.workspace.sources(NAME), windows[: max(1, len(windows) // 8)], fitted)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # this process has done what a worker does, and a little more
    report(wall, pixels, workers, memory, shares)


def stage_seconds(sources: list, windows: list[Window], fitted: object) -> dict[str, float]:
    """Processor seconds per Mpx of each stage, alone in this process."""
    predictor = load_engine(fitted.kind, fitted.estimator, fitted.book, fitted.classes)
    stack, spent, pixels = BookStack.of([predictor.book]), {"read": 0.0, "fill, index, encode": 0.0, "predict": 0.0}, 0
    codes_of(read_observed(sources, windows[0])[0], stack, 0, 512)
    for window in windows:
        marks = [time.process_time()]
        observed, _ = read_observed(sources, window)
        marks.append(time.process_time())
        encoded = [codes_of(observed, stack, a, min(a + 4096, window.pixels))[0] for a in range(0, window.pixels, 4096)]
        marks.append(time.process_time())
        for part in encoded:
            predictor.predict_codes(part)
        marks.append(time.process_time())
        for name, seconds in zip(spent, np.diff(marks), strict=True):
            spent[name] += float(seconds)
        pixels += window.pixels
    return {name: seconds / pixels * 1e6 for name, seconds in spent.items()}


def report(wall: float, pixels: int, workers: int, memory: float, shares: dict[str, float]) -> None:
    """Print the figures."""
    total = sum(shares.values())
    print(
        f"{pixels / 1e6:.2f} Mpx in {wall:.1f} s on {workers} workers: {pixels / wall / 1e6:.3f} Mpx/s; peak memory of one process {memory:.2f} GB"
    )
    for name, seconds in shares.items():
        print(f"  {name:<20} {seconds:.2f} s per Mpx and core  {seconds / total:.0%}")
    print(
        f"  {'sum of the stages':<20} {total:.2f} s per Mpx and core; {total * pixels / 1e6 / workers / wall:.2f} of the ideal on {workers} workers"
    )
    tile = SIDE * SIDE
    print(f"whole tile ({tile / 1e6:.1f} Mpx), by proportion: {wall * tile / pixels / 60:.1f} min")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["write", "map"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--dates", type=int, default=35)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    write(given.folder, given.rows, given.dates) if given.what == "write" else map_band(given.folder, given.workers)
