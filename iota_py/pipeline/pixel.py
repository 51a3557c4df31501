"""One pixel of a map, looked at again: where it was observed, what was observed, and what each model says of it.

The same path as a window of a map, so that the label is that of the map.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.features.indices import REFLECTANCE_SCALE, index_values
from iota_py.features.relative import relative_to, relative_word
from iota_py.grid.lattice import nearest_index
from iota_py.grid.windows import Window, crs_text
from iota_py.io.lookup import read_nearest
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import FeatureSource, features_of
from iota_py.pipeline.models.block import Block, models_at
from iota_py.pipeline.models.members import members, run_layers
from iota_py.pipeline.models.run_votes import run_vote
from iota_py.pipeline.models.votes import voted
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.steps.fusion import classify_members
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions
from iota_py.timeseries.dates import EPOCH

INDEX_SCALE, DECIBEL_SCALE = 1000.0, 100.0  # stored = number × scale, of normalised differences and formulas, and of radars


@dataclass(frozen=True)
class Spot:
    """The pixel of a tile that a pixel of the map was taken from. window: of one pixel. region: index, 0 outside all regions."""

    tile: str
    window: Window
    region: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says of the pixel. run: draw. model: the part or member, "" where the region has one. probabilities: float32 (class,),
    0 to 1, with the code of each in `codes`. seen: False for a member that saw nothing, whose answer does not count."""

    run: int
    model: str
    codes: np.ndarray
    probabilities: np.ndarray
    seen: bool = True


@dataclass(frozen=True, eq=False)
class Opinion:
    """The label of the map with its confidence 0–100, those of each draw, and the answers they were made from."""

    label: int
    confidence: int
    labels: tuple[int, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """A band or index along the year, in its own unit: what the models were given on each target day, and the usable observations."""

    input: str
    band: str
    unit: str
    days: tuple[dt.date, ...]
    values: np.ndarray
    observed_days: tuple[dt.date, ...]
    observed: np.ndarray
    unusable_days: tuple[dt.date, ...]


def spot_at(ws: Workspace, row: int, col: int) -> Spot | None:
    """Where a pixel of the map was observed, None where no tile has it. Raises InputError when the regions can no longer be read."""
    box = Window(row, col, 1, 1).of(ws.grid)
    for tile in ws.tiles:
        grid = ws.geobox(tile)
        index = nearest_index(box, grid)
        if index.inside.all() and read_nearest(str(ws.path(paths.footprint(tile))), grid, box).any():
            window = Window(int(index.rows.ravel()[0]), int(index.cols.ravel()[0]), 1, 1)
            here: GeoBox = window.of(grid)
            return Spot(tile, window, int(burn_regions(ws.regions(crs_text(here)), here)[0, 0]))
    return None


def opinion(ws: Workspace, observed: list[Observed], validity: int, region: int) -> Opinion:
    """What the models of a region say of one pixel, and what becomes of it on the map; label 0 where it was never seen.

    observed: as `Workspace.observe` gives them for a window of one pixel. Raises InputError when a model cannot be read.
    """
    if validity == 0 or region == 0:
        return Opinion(0, 0, (0,) * ws.runs, ())
    if ws.config.fusion is None:
        answers, labels, confidence = _of_one_model(ws, observed, region)
    else:
        answers, labels, confidence = _of_members(ws, observed, region)
    label, share = run_vote(ws)(labels, confidence)
    return Opinion(int(label[0]), int(share[0]), tuple(int(one) for one in labels[:, 0]), tuple(answers))


def _of_one_model(ws: Workspace, observed: list[Observed], region: int) -> tuple[list[Answer], np.ndarray, np.ndarray]:
    """Answers of each model, labels and confidence uint8 (run, 1)."""
    models = models_at(tuple(str(ws.path(name)) for name in model_folders(ws, region)), ws.version, ws.model_names)
    features = Block(observed, 0, 1).features
    found = [engine.predict(features, probabilities=True) for engine in models.engines]
    answers, labels, confidence = [], [], []
    for run, votes in enumerate(np.array_split(np.arange(len(found)), ws.runs)):
        label, share = voted([(found[k].labels, found[k].confidence) for k in votes])
        labels.append(label)
        confidence.append(share)
        names = [f"part {part + 1}" if len(votes) > 1 else "" for part in range(len(votes))]
        answers += [Answer(run, name, models.engines[k].classes, found[k].probabilities[0]) for name, k in zip(names, votes)]
    return answers, np.stack(labels), np.stack(confidence)


def _of_members(ws: Workspace, observed: list[Observed], region: int) -> tuple[list[Answer], np.ndarray, np.ndarray]:
    """As `_of_one_model`, of the members of a fusion."""
    width = len(run_layers(ws.config))
    out = np.zeros((ws.runs * width, 1), np.uint8)
    classify_members(ws, observed, np.array([region]), out)
    answers = []
    for member in members(ws):
        folders = tuple(str(ws.path(paths.model(region, run, member.name))) for run in range(ws.runs))
        part, seen = member.of(observed), bool(member.seen(observed)[0])
        features = Block(part, 0, 1).features
        for run, engine in enumerate(models_at(folders, ws.version, member.names).engines):
            shares = engine.predict(features, probabilities=True).probabilities[0]
            answers.append(Answer(run, member.name, engine.classes, shares, seen))
    return answers, out[0::width], out[1::width]


def lines(ws: Workspace, tile: str, observed: Sequence[Observed]) -> list[Line]:
    """The series of one pixel, inputs and bands in the order of the features; columns without a date are left out."""
    features = features_of(observed)[0]
    columns: dict[tuple[str, str], list[tuple[dt.date, int]]] = {}
    for place, value in zip(ws.places, features):
        if place.date:
            columns.setdefault((place.input, place.band), []).append((dt.date.fromisoformat(place.date), int(value)))
    found = []
    for layer, source, one in zip(ws.summary["layers"], ws.sources(tile), observed):
        if not layer["dates"]:
            continue
        days, valid = [EPOCH + dt.timedelta(days=int(day)) for day in one.days], one.valid[:, 0] > 0
        seen, hidden = (tuple(day for day, usable in zip(days, valid) if bool(usable) is wanted) for wanted in (True, False))
        for band, unit, scale, values in _observations(source, one):
            filled = columns.get((layer["input"], band.lower()))
            if filled is not None:
                targets, numbers = zip(*filled)
                found.append(Line(layer["input"], band, unit, targets, np.array(numbers) / scale, seen, values[valid] / scale, hidden))
    return found


def _observations(source: FeatureSource, one: Observed) -> Iterator[tuple[str, str, float, np.ndarray]]:
    """Name, unit and scale of each band and index of a series, with its stored values on the dates of the observations, float32 (date,)."""
    values, bands = one.values.astype(np.float32), source.series.bands
    unit, scale = {"optical": ("reflectance", REFLECTANCE_SCALE), "radar": ("dB", DECIBEL_SCALE)}.get(source.series.kind, ("", 1.0))
    yield from ((band, unit, scale, values[:, k, 0]) for k, band in enumerate(bands))
    if one.recipe is not None and one.recipe.relative is not None:
        reference = one.recipe.relative
        ratios = relative_to(values, values[:, bands.index(reference)])
        yield from (
            (relative_word(band, reference), "ratio", INDEX_SCALE, ratios[:, k, 0]) for k, band in enumerate(bands) if band != reference
        )
    for k, (name, row) in enumerate(zip(one.indices.names, index_values(values, one.indices))):
        plain = one.indices.kind_of(k) in ("norm", "difference")
        yield (name, unit, scale, row[:, 0]) if plain else (name, "index", INDEX_SCALE, row[:, 0])
