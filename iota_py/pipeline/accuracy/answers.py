"""The answers in a file of sample points, checked: every fault of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.grid.form import geobox_of
from iota_py.grid.windows import Window, crs_text
from iota_py.io.raster import read_header
from iota_py.io.tables import read_texts
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature, label_text
from iota_py.pipeline.accuracy.pointfile import ALTERNATIVES, LABELS, POINTS, PointFile
from iota_py.pipeline.accuracy.population import map_digest
from iota_py.pipeline.class_maps import ClassMap, open_class_map

SHOWN = 8
TOLERANCE = 0.01  # of a pixel, beyond its edges


@dataclass(frozen=True)
class Answers:
    """points: one row for each answered point: id, stratum (1, 2, …), the mapped classes, the labels and the alternatives as codes (0: none given).
    drawn: points of the sample. unanswered: points without a label."""

    points: pd.DataFrame
    drawn: int
    unanswered: int


def check_answers(file: PointFile, drop_unanswered: bool = False) -> Answers:
    """The answers of a file. drop_unanswered: points without a label are left out, as if they had not been drawn.

    Raises InputError with every fault: E-ACC-017 labels that are no classes, E-ACC-018 points without a label, E-ACC-019 points twice, missing or
    unknown, E-ACC-020 points that lie elsewhere.
    """
    change = file.change
    columns = [*LABELS[change], *ALTERNATIVES[change]]
    faults = list(_identity_faults(file))
    if faults:
        raise InputError(*faults)
    given = file.points.assign(id=pd.to_numeric(file.points["id"])).set_index("id").reindex(file.design["id"])
    if isinstance(file.points, gpd.GeoDataFrame):
        faults += _place_faults(file, gpd.GeoSeries(given[file.points.geometry.name], crs=file.points.crs))
    codes, table = {}, file.design.copy()
    for name in columns:
        values = given[name] if name in given else pd.Series(None, index=given.index, dtype=object)
        codes[name], odd = _codes(values, file.nomenclature)
        if odd:
            fix = f"codes, aliases or names of {file.nomenclature.name}"
            faults.append(Fault("E-ACC-017", str(file.path), name, f"no class of that name: {_listed(odd)}", fix))
        table[name] = codes[name]
    unanswered = (table[list(LABELS[change])] == 0).any(axis=1)
    if not faults and unanswered.any() and (not drop_unanswered or unanswered.all()):
        ids = [str(number) for number in table["id"][unanswered]]
        text = f"{len(ids)} of {len(table)} points have no label: {_listed(ids)}"
        fix = "fill them in, or leave them out with --drop-unanswered"
        faults.append(Fault("E-ACC-018", str(file.path), LABELS[change][0], text, fix))
    if faults:
        raise InputError(*faults)
    return Answers(table[~unanswered].reset_index(drop=True), len(table), int(unanswered.sum()))


def check_map(file: PointFile, path: Path, number: int = 0) -> None:
    """Raise InputError E-ACC-021 unless the map at `path` is, pixel by pixel, the one that the points were drawn from. number: 0 or 1, of the map."""
    facts = file.about["maps"][number]
    header = read_header(str(path))
    part = Window(*facts["part"])
    fits = part.row + part.height <= header.geobox.shape[0] and part.col + part.width <= header.geobox.shape[1] and header.dtype == "uint8"
    if not fits or map_digest(ClassMap(facts["name"], path, header, None), part) != facts["digest"]:
        text = f"not the map that the points of {file.path.name} were drawn from ({facts['name']}): other pixels"
        raise InputError(Fault("E-ACC-021", str(path), "", text, "give that map, or design a sample of this one"))


def map_file(place: Path) -> Path:
    """The raster that a command means by a raster or the folder of a run."""
    return open_class_map(place).path


def with_answers(file: PointFile, path: Path) -> PointFile:
    """The design of one file with the answers of another: a copy that an interpreter sent back, or a CSV file with the columns `id`, `label`, ….

    Raises InputError: those of the reading, E-ACC-016 when the columns are not there.
    """
    if path.suffix.lower() == ".csv":
        frame = read_texts(path)
    else:
        frame = read_vectors(path, POINTS if path.suffix.lower() == ".gpkg" else None)
    missing = [name for name in ("id", *LABELS[file.change]) if name not in frame]
    if missing:
        text = f"no column {', '.join(missing)}"
        raise InputError(Fault("E-ACC-016", str(path), "", text, "give a file with the fields of the layer `points`"))
    return replace(file, points=frame, path=path)


def _identity_faults(file: PointFile) -> Iterator[Fault]:
    numbers = pd.to_numeric(file.points["id"], errors="coerce")
    twice = sorted({str(int(n)) for n in numbers[numbers.duplicated() & numbers.notna()]})
    missing = [str(n) for n in sorted(set(file.design["id"]) - set(numbers))]
    unknown = [label for label, n in zip(file.points["id"].astype(str), numbers) if n not in set(file.design["id"])]
    for ids, what in ((twice, "there twice"), (missing, "missing"), (unknown, "not of this sample")):
        if ids:
            fix = "restore them from the file as it was made: a sample is only one with all of its points, and no others"
            yield Fault("E-ACC-019", str(file.path), "id", f"points {what}: {_listed(ids)}", fix)


def _place_faults(file: PointFile, geometry: gpd.GeoSeries) -> Iterator[Fault]:
    grid = geobox_of(file.about["grid"])
    places = geometry.to_crs(crs_text(grid)) if geometry.crs is not None else geometry
    known = ~(places.isna() | places.is_empty).to_numpy()
    cols, rows = ~grid.transform * (places.x.to_numpy(), places.y.to_numpy())
    row, col = rows - file.design["row"].to_numpy(), cols - file.design["col"].to_numpy()
    inside = known & (np.abs(row - 0.5) <= 0.5 + TOLERANCE) & (np.abs(col - 0.5) <= 0.5 + TOLERANCE)
    if not inside.all():
        ids = [str(number) for number in file.design["id"].to_numpy()[~inside]]
        text = f"{len(ids)} points lie outside their pixel: {_listed(ids)}"
        yield Fault("E-ACC-020", str(file.path), "geometry", text, "move them back: the layer `pixels` shows where they belong")


def _codes(values: pd.Series, classes: Nomenclature) -> tuple[np.ndarray, list[str]]:
    """Code of each label, int64, 0 where there is none; and what was not understood, as `point: label`."""
    found, odd = np.zeros(len(values), np.int64), []
    for place, (number, label) in enumerate(values.items()):
        if pd.isna(label) or not str(label).strip():
            continue
        code = classes.code_of(label)
        if code is None:
            odd.append(f"point {number} `{label_text(label)}`")
        else:
            found[place] = code
    return found, odd


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
