"""Features that a user computes with a Python function of a window: loaded only when asked for twice, checked whatever they return.

The function is ordinary Python with all the rights of the person who runs it. It is called as `function(view, **options)` and gives
back (features, names): float or integer (feature, row, col) over the whole view, and one name for each.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import ConfigError, Fault, TaskError
from iota_py.features.indices import resolve
from iota_py.grid.windows import Window
from iota_py.pipeline.inputs.columns import grown
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import FeatureSource
from iota_py.products.reader import Cube, read_cube
from iota_py.timeseries.gapfill import fill_window

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UserFunction = Callable[..., tuple[Any, Sequence[str]]]


@dataclass(frozen=True)
class UserCall:
    """A function of a file, what it is called with, and how many pixels around a window it needs. names: of its features, once known."""

    file: Path
    function: str
    margin: int = 0
    options: Mapping[str, Any] | None = None
    names: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def document(self) -> dict[str, Any]:
        """The call as plain values, for a file."""
        return {
            "file": str(self.file), "function": self.function, "margin": self.margin, "options": dict(self.options or {}),
            "names": list(self.names), "sha256": self.digest,
        }  # fmt: skip


def user_call(document: Mapping[str, Any]) -> UserCall:
    """The inverse of UserCall.document. Raises ConfigError when the file is another one by now."""
    values = {key: document[key] for key in ("function", "margin", "options")}
    call = UserCall(Path(document["file"]), names=tuple(document["names"]), **values)
    if call.digest != document["sha256"]:
        raise ConfigError(Fault("E-USR-005", document["file"], "file", "it was changed during the run", "run again"))
    return call


class View:
    """A window of a tile with its margin, as a user's function sees it. Inputs are named as in the configuration (an orbit of a radar
    with its suffix). Values are the stored ones: reflectances × 10,000, decibels × 100."""

    def __init__(self, tile: str, grid: GeoBox, window: Window, sources: Mapping[str, FeatureSource]) -> None:
        self.tile = tile
        self.window = window
        self.grid = window.of(grid)
        self._sources = sources
        self._cubes: dict[str, Cube] = {}
        self._filled: dict[str, np.ndarray] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.window.shape

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(self._sources)

    def bands(self, name: str) -> tuple[str, ...]:
        """Bands of an input."""
        return self._source(name).series.bands

    def dates(self, name: str) -> np.ndarray:
        """Days of the observations, datetime64 (date,)."""
        return self._source(name).observed.astype("datetime64[D]")

    def targets(self, name: str) -> np.ndarray:
        """Target days of the filled series, datetime64 (target,)."""
        return self._source(name).targets.astype("datetime64[D]")

    def raw(self, name: str, band: str) -> tuple[np.ndarray, np.ndarray]:
        """Observations as stored, int16 (date, row, col), and where they are usable, bool (date, row, col)."""
        cube, index = self._cube(name), self._band(name, band)
        return _locked(cube.values[:, index]), _locked(cube.valid)

    def filled(self, name: str, band: str) -> np.ndarray:
        """The gap-filled series of a band, float32 (target, row, col); 0 where the pixel was never usable."""
        if name not in self._filled:
            cube, source = self._cube(name), self._source(name)
            pixels = self.window.pixels
            values, valid = cube.values.reshape(*cube.values.shape[:2], pixels), cube.valid.reshape(len(cube.valid), pixels)
            self._filled[name] = fill_window(values, valid, source.observed, source.targets)
        return _locked(self._filled[name][:, self._band(name, band)].reshape(-1, *self.shape))

    def static(self, name: str, band: str) -> np.ndarray:
        """A layer without date, float32 (row, col); NaN where it is missing."""
        values, valid = self.raw(name, band)
        return np.where(valid[0], values[0], np.nan).astype(np.float32)

    def _source(self, name: str) -> FeatureSource:
        if name not in self._sources:
            raise KeyError(f"no input {name}; inputs are {', '.join(self._sources)}")
        return self._sources[name]

    def _cube(self, name: str) -> Cube:
        if name not in self._cubes:
            self._cubes[name] = read_cube(self._source(name).series, self.window)
        return self._cubes[name]

    def _band(self, name: str, band: str) -> int:
        bands = self.bands(name)
        if band not in bands:
            raise KeyError(f"input {name} has no band {band}; bands are {', '.join(bands)}")
        return bands.index(band)


def _locked(array: np.ndarray) -> np.ndarray:
    """The same numbers, not to be written to: a function that spoils what it is given would spoil what others are given."""
    view = array.view()
    view.flags.writeable = False
    return view


def load_function(call: UserCall) -> UserFunction:
    """The function of a file. Raises ConfigError when the file cannot be imported or has no such function."""
    return _load(call.file, call.function, call.digest)


@functools.lru_cache(maxsize=32)
def _load(file: Path, name: str, digest: str) -> UserFunction:
    spec = importlib.util.spec_from_file_location(f"iota_py_user_{digest[:16]}", file)
    if spec is None or spec.loader is None:
        raise ConfigError(Fault("E-USR-001", str(file), "file", "not a Python file", "name it with .py"))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        text = f"cannot be imported ({type(error).__name__}: {error})"
        raise ConfigError(Fault("E-USR-001", str(file), "file", text, "mend the file; it must import by itself")) from error
    function = getattr(module, name, None)
    if not callable(function):
        known = ", ".join(sorted(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))) or "none"
        raise ConfigError(Fault("E-USR-002", str(file), "function", f"no function `{name}` (functions: {known})"))
    found: UserFunction = function
    return found


def user_features(
    call: UserCall, place: tuple[str, GeoBox], window: Window, sources: Mapping[str, FeatureSource]
) -> tuple[Any, tuple[str, ...]]:
    """What a function says of a window: int16 (feature, pixel), rounded half to even and clipped, and the names.

    place: name and grid of the tile. The function sees `margin` more pixels on each side, fewer at the edge of the tile. Raises TaskError
    that names tile and window when it fails, or gives back what cannot be used.
    """
    tile, grid = place
    rows, cols = (int(side) for side in grid.shape)
    around = grown(window, call.margin, (rows, cols))
    inner = Window(window.row - around.row, window.col - around.col, window.height, window.width)
    where = f"tile {tile}, {window}"
    try:
        features, names = load_function(call)(View(tile, grid, around, sources), **(call.options or {}))
        values = np.asarray(features, np.float64)
    except MemoryError:
        raise  # it says how much was asked for, and the engine what to do about it
    except Exception as error:
        text = f"raised {type(error).__name__}: {error}"
        raise TaskError(Fault("E-USR-003", str(call.file), call.function, f"{text} ({where})", "mend the function")) from error
    problem = _problem(values, tuple(names), around, call)
    if problem:
        raise TaskError(Fault("E-USR-004", str(call.file), call.function, f"{problem} ({where})", "mend the function"))
    part = values[(slice(None), *inner.slices)].reshape(len(values), -1)
    return np.clip(np.rint(part), -32768, 32767).astype(np.int16), tuple(names)


def user_observed(call: UserCall, place: tuple[str, GeoBox], window: Window, sources: Mapping[str, FeatureSource]) -> Observed:
    """The features of a function as a series of one date, which has them for bands."""
    columns, names = user_features(call, place, window, sources)
    day = np.zeros(1, np.int32)
    values = np.ascontiguousarray(columns[None])
    return Observed(values, np.ones((1, window.pixels), np.uint8), day, day, resolve((), {}, names))


def _problem(values: np.ndarray, names: tuple[str, ...], window: Window, call: UserCall) -> str:
    """What cannot be used of a result; empty when all is well."""
    if values.ndim != 3 or values.shape[1:] != window.shape:
        return f"expected features of shape (feature, {window.height}, {window.width}), found {values.shape}"
    if len(names) != len(values):
        return f"{len(values)} features and {len(names)} names"
    odd = [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]
    if odd:
        return f"name {odd[0]!r}: expected lower-case letters, digits and single underscores"
    if call.names and names != call.names:
        return f"names {', '.join(names)}, but {', '.join(call.names)} on the first window"
    bad = ~np.isfinite(values).all(axis=(1, 2))
    return f"feature {names[int(np.argmax(bad))]} is not finite everywhere" if bad.any() else ""
