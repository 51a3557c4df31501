"""The number that a run predicts in place of classes: read from the reference, and cut into strata that stand for classes.

Split, selection, limits and ledger work with the codes of the strata; models learn from the numbers.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.config.reference import Source as SourceSection
from iota_py.config.samples import Samples
from iota_py.config.target import Target
from iota_py.errors import Fault, InputError, IotaError
from iota_py.io.vectors import read_vectors, vector_files
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.pipeline.task import fingerprint
from iota_py.samples.polygons import Source
from iota_py.samples.relabel import some

COLUMN = "target"  # of samples/polygons.gpkg: the number of each polygon
STORED = 32767  # largest number that a scaled map holds; one more below 0 is nodata
_RAMP = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], float)  # near viridis, dark to light


def numbers_of(frame: gpd.GeoDataFrame, target: Target, where: str) -> pd.Series:
    """The number of each row, float64.

    Raises InputError: E-TGT-001 no such field, E-TGT-002 rows without a finite number, E-TGT-003 numbers that a map of this scale cannot
    hold.
    """
    if target.field not in frame.columns:
        fields = ", ".join(c for c in frame.columns if c != "geometry")
        text = f"field `{target.field}` is not in the file (fields: {fields})"
        raise InputError(Fault("E-TGT-001", where, "samples.target.field", text, "name one of these"))
    values = pd.to_numeric(frame[target.field], errors="coerce").astype("float64")
    wrong = [str(row) for row in np.flatnonzero(~np.isfinite(values.to_numpy()))]
    if wrong:
        text = f"{len(wrong)} rows have no number (rows {some(wrong)})"
        raise InputError(Fault("E-TGT-002", where, target.field, text, "fill it in, or remove them"))
    largest = float(values.abs().max()) if len(values) else 0.0
    if target.scale is not None and largest * target.scale > STORED:
        text = f"{largest:g} × {target.scale:g} is above {STORED}, the largest number of a 16-bit map"
        raise InputError(Fault("E-TGT-003", where, "samples.target.scale", text, "lower the scale, or leave it out"))
    return values


def limits_of(values: np.ndarray, bins: int | Sequence[float]) -> tuple[float, ...]:
    """Upper limits of all strata but the last, ascending. bins: the limits themselves, or how many strata of as many values.

    Equal values are of one stratum, so that there may be fewer strata than asked for.
    """
    if not isinstance(bins, int):
        return tuple(float(limit) for limit in bins)
    ordered = np.sort(values)
    ranks = np.arange(1, bins, dtype=np.int64) * len(ordered) // bins - 1
    picked = np.unique(ordered[np.maximum(ranks, 0)])
    return tuple(picked[picked < ordered[-1]].tolist())


def strata_of(values: Iterable[float], limits: Sequence[float]) -> np.ndarray:
    """Code of the stratum of each value, int64: 1 up to the first limit, that included."""
    return 1 + np.searchsorted(np.asarray(limits, np.float64), np.asarray(values, np.float64), side="left")


def target_limits(samples: Samples) -> tuple[float, ...]:
    """Limits of the strata of a run, from all rows of its reference. Raises InputError as `numbers_of`, with the faults of all sources."""
    assert samples.target is not None
    if not isinstance(samples.target.bins, int):
        return limits_of(np.zeros(0), samples.target.bins)
    files = [str(file) for place in samples.places for file in vector_files(place.path) if file.exists()]
    state = tuple((file, _stamp(file)) for file in files)
    return _limits(samples.places, samples.target, state)


@functools.lru_cache(maxsize=8)
def _limits(places: tuple[SourceSection, ...], target: Target, state: tuple[Any, ...]) -> tuple[float, ...]:
    """Read once by each process, and again when a file changes (`state`)."""
    found: list[pd.Series] = []
    faults: list[Fault] = []
    for place in places:
        try:
            found.append(numbers_of(read_vectors(place.path, place.layer, place.encoding), target, str(place.path)))
        except IotaError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(*faults)
    values = pd.concat(found).to_numpy() if found else np.zeros(0)
    if not values.size:
        raise InputError(Fault("E-TGT-002", ", ".join(str(p.path) for p in places), target.field, "no row has a number", "give some"))
    return limits_of(values, target.bins)


def _stamp(file: str) -> tuple[int, int]:
    status = os.stat(file)
    return status.st_size, status.st_mtime_ns


def target_nomenclature(samples: Samples) -> Nomenclature:
    """The strata as classes: codes from 1, names that say their limits, colours from dark to light. Errors as `target_limits`."""
    target, limits = samples.target, target_limits(samples)
    assert target is not None
    count = len(limits) + 1
    unit = f" {target.unit}" if target.unit else ""
    texts = [f"{limit:.4g}" for limit in limits]
    names = [f"{low} to {high}{unit}" for low, high in itertools.pairwise(texts)]
    if limits:
        names = [f"up to {texts[0]}{unit}", *names, f"above {texts[-1]}{unit}"]
    else:
        names = ["all"]
    classes = [
        LandCoverClass(code, f"stratum_{code}", {"en": f"{target.field} {name}"}, _colour((code - 1) / max(1, count - 1)))
        for code, name in enumerate(names, 1)
    ]
    return Nomenclature(f"strata of {target.field}", tuple(classes))


def _colour(place: float) -> tuple[int, int, int]:
    """Colour of a place from 0 to 1 on the ramp."""
    at = np.linspace(0, 1, len(_RAMP))
    red, green, blue = (round(float(np.interp(place, at, band))) for band in _RAMP.T)
    return red, green, blue


def target_source(place: SourceSection, target: Target, limits: Sequence[float]) -> Source:
    """A source whose rows have the codes of their strata. Raises InputError as `numbers_of`."""
    frame = read_vectors(place.path, place.layer, place.encoding)
    code = pd.Series(strata_of(numbers_of(frame, target, str(place.path)), limits), index=frame.index)
    lengths = place.border or 0.0, place.minimum_area or 0.0, place.point_radius or 0.0
    return Source(place.name or "", str(place.path), frame, code, place.priority, *lengths)


def with_numbers(frame: gpd.GeoDataFrame, sources: Sequence[Source], target: Target) -> None:
    """Give each polygon (`source`, `row`) its number, in column COLUMN."""
    frame[COLUMN] = np.nan
    for source in sources:
        rows = frame.row[frame.source == source.name]
        frame.loc[rows.index, COLUMN] = numbers_of(source.frame, target, source.where).iloc[rows.to_numpy()].to_numpy()


def target_digest(target: Target, reference: str | None) -> str:
    """Digest of the strata. reference: of the content of the reference files."""
    return fingerprint([reference, strata_document(target.model_dump(mode="json"))])


def strata_document(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the strata, beside the reference, of the settings of a target."""
    return {key: settings[key] for key in ("field", "bins")}
