"""A sample of a map, designed and drawn: `iota-py accuracy design`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from iota_py import __version__
from iota_py.assessment.design import ALLOCATIONS, LEAST, Anticipated, allocate, anticipated, sample_size
from iota_py.assessment.drawing import draw, find, population, shuffled
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.area import pixel_hectares
from iota_py.grid.form import geobox_values
from iota_py.pipeline.accuracy.expected import Expected
from iota_py.pipeline.accuracy.pointfile import FORMAT, MAPPED, nomenclature_document, write_points
from iota_py.pipeline.accuracy.population import Population, Surveyed, cell_windows, opened, survey
from iota_py.pipeline.accuracy.strata import Stratum, strata_of


@dataclass(frozen=True)
class SampleWish:
    """What is asked of a sample. size: points, or None for as many as the target standard error of the overall accuracy takes.
    minimum: points of rare strata, for the allocation `minimum`. change_share: of the pixels, from which a change is a stratum of its own."""

    size: int | None = None
    standard_error: float = 0.01
    allocation: str = "minimum"
    minimum: int = 50
    seed: int = 0
    change_share: float = 0.001


@dataclass(frozen=True)
class Sample:
    """A sample that was drawn. points and users_accuracy (conjectured): of each stratum. choices: what each allocation would give, with the
    errors to expect of it, where it can be had. expected: where the conjecture comes from. notes: what a person must know."""

    strata: tuple[Stratum, ...]
    points: np.ndarray
    users_accuracy: np.ndarray
    choices: Mapping[str, tuple[np.ndarray, Anticipated]]
    expected: str
    notes: tuple[str, ...]


def design_sample(whole: Population, wish: SampleWish, expected: Expected, path: Path) -> Sample:
    """Survey a population, share a number of points among its strata, draw them, and publish the file of points.

    Raises InputError or ConfigError: E-ACC-010 nothing is mapped, E-ACC-012 a size that does not fit, E-ACC-014 a wish out of range,
    E-ACC-015 the file is there already, E-NOM-017.
    """
    _check(wish, path)
    surveyed = survey(whole)
    counts = population(surveyed.cells)
    if not counts:
        text = "no mapped pixel in any stratum" if whole.zones is not None else "no pixel has a class"
        raise InputError(Fault("E-ACC-010", str(whole.maps[0].path), "", text, "give maps, and strata, of one place"))
    strata = strata_of(whole, counts, wish.change_share)
    users, pixels = expected.of(strata, counts), np.array([one.pixels for one in strata], np.int64)
    total = _total(wish, pixels, users, path)
    points = allocate(total, pixels, wish.allocation, minimum=wish.minimum, users_accuracy=users)
    about = {
        **_about(whole, surveyed),
        "wish": asdict(wish),
        "points": total,
        "expected": expected.source,
        "pixel_hectares": pixel_hectares(whole.grid),
    }
    table = _drawn(whole, surveyed, strata, points, wish.seed)
    write_points(path, whole.grid, table, _strata_table(strata, points, users, about["pixel_hectares"]), about)
    return Sample(strata, points, users, dict(_choices(total, pixels, users, wish)), expected.source, tuple(_notes(whole, surveyed, about)))


def _check(wish: SampleWish, path: Path) -> None:
    if path.exists():
        text = "the file is there already, and may hold answers"
        raise InputError(Fault("E-ACC-015", str(path), "--out", text, "give another name, or move it away"))
    faults = []
    if path.suffix.lower() != ".gpkg":
        faults.append(Fault("E-ACC-014", str(path), "--out", "expected a name that ends with .gpkg", "such as points.gpkg"))
    if not 0 < wish.standard_error < 0.5:
        text = f"{wish.standard_error:g} is no standard error of an accuracy"
        faults.append(Fault("E-ACC-014", str(path), "--standard-error", text, "give one such as 0.01"))
    if wish.allocation not in ALLOCATIONS:
        text = f"unknown allocation `{wish.allocation}`"
        faults.append(Fault("E-ACC-014", str(path), "--allocation", text, f"one of {', '.join(ALLOCATIONS)}"))
    if wish.minimum < LEAST:
        text = f"{wish.minimum} points: below {LEAST} a stratum has no variance"
        faults.append(Fault("E-ACC-014", str(path), "--minimum", text, "give 50 to 100"))
    if faults:
        raise ConfigError(*faults)


def _total(wish: SampleWish, pixels: np.ndarray, users: np.ndarray, path: Path) -> int:
    """How many points in all. A size that was given is kept or refused; one from a standard error grows until rare strata have their minimum."""
    least = int(np.minimum(pixels, wish.minimum if wish.allocation == "minimum" else LEAST).sum())
    if wish.size is None:
        return max(least, sample_size(pixels, users, wish.standard_error, float(pixels.sum())))
    if least <= wish.size <= pixels.sum():
        return wish.size
    fix = "give a larger --size, or a smaller --minimum" if wish.size < least else "give a smaller --size"
    text = f"{wish.size} points: {len(pixels)} strata take {least} at least, and have {int(pixels.sum())} pixels"
    raise ConfigError(Fault("E-ACC-012", str(path), "--size", text, fix))


def _drawn(whole: Population, surveyed: Surveyed, strata: Sequence[Stratum], points: np.ndarray, seed: int) -> pd.DataFrame:
    """One row for each point: id, stratum (1, 2, …), row and col on the grid of the population, classes of the maps there."""
    table = {value: position for position, one in enumerate(strata) for value in one.values}
    wanted = draw(surveyed.cells, table, points.tolist(), [one.name for one in strata], seed)
    cells = cell_windows(whole.parts[0].shape)
    rows, cols, which, mapped = [], [], [], []
    with opened(whole) as (raw, values):
        for position, parts in wanted.items():
            window = cells[position]
            row, col, stratum = find(values(window), table, parts)
            rows.append(row + window.row)
            cols.append(col + window.col)
            which.append(stratum + 1)
            mapped.append(np.stack([layer[row, col] for layer in raw(window)]))
    names = MAPPED[whole.change]
    codes = np.concatenate(mapped, axis=1)
    frame = pd.DataFrame({"stratum": np.concatenate(which), "row": np.concatenate(rows), "col": np.concatenate(cols)})
    frame = frame.assign(**{name: codes[k].astype(np.int32) for k, name in enumerate(names)})
    frame = frame.sort_values(["stratum", "row", "col"], ignore_index=True)
    frame.insert(0, "id", shuffled(len(frame), seed))
    return frame.astype({"id": np.int32, "stratum": np.int32})


def _strata_table(strata: Sequence[Stratum], points: np.ndarray, users: np.ndarray, hectares: float) -> pd.DataFrame:
    pixels = np.array([one.pixels for one in strata], np.int64)
    return pd.DataFrame(
        {
            "stratum": np.arange(1, len(strata) + 1, dtype=np.int32),
            "name": [one.name for one in strata],
            "code": np.array([one.code for one in strata], np.int32),
            "code_b": np.array([one.code_b for one in strata], np.int32),
            "pixels": pixels,
            "points": points,
            "hectares": pixels * hectares,
            "expected_users_accuracy": users,
        }
    )


def _about(whole: Population, surveyed: Surveyed) -> dict[str, Any]:
    """What the file says of the maps and the population."""
    maps = [
        {
            "name": one.name,
            "path": str(one.path.resolve()),
            "digest": digest,
            "part": [part.row, part.col, part.height, part.width],
            "pixels": {str(code): int(n) for code, n in enumerate(mapped) if code and n},
        }
        for one, part, digest, mapped in zip(whole.maps, whole.parts, surveyed.digests, surveyed.mapped)
    ]
    return {
        "format": FORMAT,
        "iota_py": __version__,
        "maps": maps,
        "grid": geobox_values(whole.grid),
        "strata": _kind(whole),
        "zones": None if whole.zones is None else whole.zones.source,
        "buffer": whole.buffer,
        "population": int(sum(cell.pixels.sum() for cell in surveyed.cells)),
        "classes_in_population": class_pixels(whole, surveyed),
        "nomenclature": nomenclature_document(whole.nomenclature),
    }


def class_pixels(whole: Population, surveyed: Surveyed) -> list[dict[str, int]]:
    """Pixels of each class inside the population, for each map."""
    shifts = (8, 0) if whole.change else (0,)
    found: list[dict[str, int]] = [{} for _ in shifts]
    for value, pixels in population(surveyed.cells).items():
        for own, shift in zip(found, shifts):
            code = str(value >> shift & 255)
            own[code] = own.get(code, 0) + pixels
    return found


def _kind(whole: Population) -> str:
    if whole.change:
        return "change"
    if whole.zones is None:
        return "classes"
    return "zones and classes" if whole.zones.crossed else "zones"


def _choices(total: int, pixels: np.ndarray, users: np.ndarray, wish: SampleWish) -> Iterator[tuple[str, tuple[np.ndarray, Anticipated]]]:
    for how in ALLOCATIONS:
        try:
            points = allocate(total, pixels, how, minimum=wish.minimum, users_accuracy=users)
        except ValueError:
            continue  # so few points do not fit this way: the others are what there is to choose from
        yield how, (points, anticipated(pixels, users, points))


def _notes(whole: Population, surveyed: Surveyed, about: Mapping[str, Any]) -> Iterator[str]:
    if whole.zones is not None:
        outside = int(surveyed.mapped[0, 1:].sum()) - about["population"]
        if outside:
            yield f"{outside} mapped pixels lie in no zone: the sample says nothing of them."
    if math.isnan(about["pixel_hectares"]):
        yield "The map is not in metres: pixels have no single area, so areas are in pixels alone, and strata weigh by pixels."
