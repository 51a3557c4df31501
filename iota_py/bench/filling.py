"""Gap-filling rows: the compiled kernels against the best numpy that we could write, on one core.

Both go from observations to int16 columns: ten bands and three indices on every target date.
"""

from __future__ import annotations

import numpy as np

from iota_py.bench.row import Identity, Measure
from iota_py.bench.scale import Settings
from iota_py.bench.timing import Side, interleave
from iota_py.bench.workload import index_plan, series_options, target_dates
from iota_py.features.indices import IndexPlan, index_values
from iota_py.pipeline.inputs.reading import optical_features
from iota_py.simulation.series import PixelSeries, make_series
from iota_py.timeseries.dates import days

STEP = 10  # days between targets: 37 in a year
CHUNK = 1024  # pixels that numpy does at a time, the fastest of 512 to 8192: its arrays stay in cache
ALLOWED = 1.0  # digital numbers (or thousandths of an index): both sides round


def measure_filling(settings: Settings, dates: int) -> Measure:
    """One row: `dates` observations to 37 targets."""
    scale = settings.scale
    series = make_series(series_options(scale, scale.fill_pixels, dates))
    targets, plan, count = days(target_dates(STEP)), index_plan(), series.values.shape[2]
    settings.say(f"gapfill-{dates}: {scale.rounds} rounds of {count:,} pixels")
    columns: list[np.ndarray] = [np.empty(0)]

    def ours() -> None:
        columns[0] = optical_features(series.values, series.valid, series.days, targets, plan)

    rates = interleave(Side(ours, count / 1e6), Side(lambda: fill_in_numpy(series, targets, plan), count / 1e6), scale.rounds)
    checked = np.linspace(0, count - 1, min(count, scale.checked_pixels)).astype(int)
    identity = compare_with_interp(columns[0][checked], series, targets, plan, checked)
    note = f"{dates} dates, {1 - series.valid.mean():.0%} masked, to {len(targets)}, {series.values.shape[1]} bands and 3 indices; one core"
    return Measure(rates, identity, clock="cpu", note=note)


def fill_in_numpy(series: PixelSeries, targets: np.ndarray, plan: IndexPlan, chunk: int = CHUNK) -> np.ndarray:
    """The columns int16 (feature, pixel), by numpy alone.

    Last value before and first value from each date on by sweeps over the dates, then one interpolation per target: about twice as fast
    as picking the two neighbours with take_along_axis.
    """
    pixels, bands = series.values.shape[2], series.values.shape[1]
    out = np.empty((len(targets) * (bands + len(plan.names)), pixels), np.int16)
    for start in range(0, pixels, chunk):
        part = slice(start, start + chunk)
        filled = _fill(series.values[:, :, part], series.valid[:, part] != 0, series.days, targets)
        flat = len(targets) * bands
        _pack(index_values(filled, plan).reshape(len(out) - flat, -1), out[flat:, part])
        _pack(filled.reshape(flat, -1), out[:flat, part])  # last, since it rounds them in place
    return out


def _pack(values: np.ndarray, out: np.ndarray) -> None:
    out[:] = np.rint(np.clip(values, -32768, 32767, out=values), out=values)


def _fill(values: np.ndarray, usable: np.ndarray, observed: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Values float32 (target, band, pixel) of int16 (date, band, pixel); 0 where nothing is usable."""
    dates, bands, pixels = values.shape
    rows = np.searchsorted(observed, targets)
    weight = _weights(usable, observed.astype(np.float32)[:, None], targets.astype(np.float32)[:, None], rows)
    before, after = (np.zeros((dates + 1, bands, pixels), np.float32) for _ in range(2))
    for date in range(dates):
        before[date + 1] = before[date]
        np.copyto(before[date + 1], values[date], where=usable[date])
    for date in range(dates - 1, -1, -1):
        after[date] = after[date + 1]
        np.copyto(after[date], values[date], where=usable[date])
    out = np.empty((len(targets), bands, pixels), np.float32)
    for target, row in enumerate(rows):
        np.subtract(after[row], before[row], out=out[target])
        out[target] *= weight[target]
        out[target] += before[row]
    return out


def _weights(usable: np.ndarray, observed: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Share of the following observation, float32 (target, pixel): 1 where none comes before, 0 where none comes after."""
    dates, pixels = usable.shape
    before, after = np.full((dates + 1, pixels), -np.inf, np.float32), np.full((dates + 1, pixels), np.inf, np.float32)
    before[1:] = np.maximum.accumulate(np.where(usable, observed, -np.inf), axis=0)
    after[:-1] = np.minimum.accumulate(np.where(usable, observed, np.inf)[::-1], axis=0)[::-1]
    low, high = before[rows], after[rows]
    with np.errstate(invalid="ignore"):
        weight = (targets - low) / (high - low)
    weight[np.isinf(low)] = 1
    weight[np.isinf(high)] = 0
    return weight


def compare_with_interp(columns: np.ndarray, series: PixelSeries, targets: np.ndarray, plan: IndexPlan, pixels: np.ndarray) -> Identity:
    """Sameness of columns int16 (k, feature) of the pixels numbered `pixels` (k,) with np.interp in 64 bits, pixel by pixel."""
    bands, worst = series.values.shape[1], 0.0
    for row, pixel in zip(columns, pixels):
        seen = series.valid[:, pixel] != 0
        filled = np.zeros((len(targets), bands))
        if seen.any():
            curves = (np.interp(targets, series.days[seen], series.values[seen, band, pixel]) for band in range(bands))
            filled = np.stack(list(curves), axis=1)
        expected = np.concatenate([filled.ravel(), index_values(filled[:, :, None], plan).ravel()])
        worst = max(worst, float(np.abs(row - np.clip(expected, -32768, 32767)).max()))
    return Identity(worst <= ALLOWED, "digital numbers, with numpy.interp's", difference=worst, pixels=len(pixels))
