"""What is known of one pixel: read from the rasters and the reference at once, from the inputs and the models a moment later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from iota_py.errors import Fault, InputError, IotaError
from iota_py.grid.lattice import nearest_index
from iota_py.grid.windows import Window, crs_text
from iota_py.io.tiles import read_pixel
from iota_py.pipeline.pixel import Answer, Line, Opinion, Spot, lines, opinion, spot_at
from iota_py.pipeline.reference.splits import in_metres
from iota_py.viewer.layers import Entry
from iota_py.viewer.shown import ShownRun

NEAREST = 5  # learning polygons that are named


def place_of(run: ShownRun, onto: ShownRun, row: int, col: int) -> tuple[int, int] | None:
    """Row and column in the map of a run of a pixel of another map, by its centre; None off that map.

    Raises InputError E-VIEW-006 when the other map has no such pixel.
    """
    height, width = onto.grid.shape
    if not (0 <= row < height and 0 <= col < width):
        raise InputError(Fault("E-VIEW-006", str(onto.root), "", f"no pixel in row {row}, column {col} of {height} × {width}"))
    index = nearest_index(Window(row, col, 1, 1).of(onto.grid), run.grid)
    return (int(index.rows.ravel()[0]), int(index.cols.ravel()[0])) if index.inside.all() else None


def facts(run: ShownRun, row: int, col: int) -> dict[str, Any]:
    """Coordinates, values of every layer, and the nearest learning polygons of a pixel of the map of a run."""
    t = run.grid.transform
    x, y = t.c + (col + 0.5) * t.a, t.f + (row + 0.5) * t.e
    longitude, latitude = Transformer.from_crs(crs_text(run.grid), "EPSG:4326", always_xy=True).transform(x, y)
    values = [_value(run, key, row, col) for key in run.layers]
    return {
        "row": row, "col": col, "x": x, "y": y, "longitude": _finite(longitude), "latitude": _finite(latitude), "values": values,
        "polygons": nearest_polygons(run.polygons, run.classes, x, y),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _value(run: ShownRun, key: str, row: int, col: int) -> dict[str, Any]:
    layer = run.layers[key]
    found = {"key": key, "title": layer.title, "group": layer.group, "value": None, "label": None, "colour": None, "unit": layer.unit}
    place = _own_pixel(run, key, row, col)
    number = None if place is None else read_pixel(str(layer.path), layer.band, *place)
    if number is not None:
        entry = next((one for one in layer.entries if one.value == number), None)
        found |= {"value": number, "label": entry and entry.label, "colour": entry and entry.hex_colour}
    return found


def _own_pixel(run: ShownRun, key: str, row: int, col: int) -> tuple[int, int] | None:
    """A layer may have larger pixels than the map, as a regularised one."""
    grid = run.layer_grid(key)
    if grid == run.grid:
        return row, col
    index = nearest_index(Window(row, col, 1, 1).of(run.grid), grid)
    return (int(index.rows.ravel()[0]), int(index.cols.ravel()[0])) if index.inside.all() else None


def nearest_polygons(frame: gpd.GeoDataFrame | None, classes: Mapping[int, Entry], x: float, y: float) -> list[dict[str, Any]]:
    """The learning polygons that are nearest to a place, nearest first, with their distance in metres: 0 inside.

    frame: `polygon`, `code`, `learning` (draws in which it is learnt from), in the CRS of the place.
    """
    if frame is None or not (frame.learning > 0).any():
        return []
    learnt = frame[frame.learning > 0]
    reach = in_metres(gpd.GeoSeries([shapely.Point(x, y)], crs=frame.crs)).iloc[0]
    distance = shapely.distance(in_metres(learnt).geometry.to_numpy(), reach)
    order = np.lexsort((learnt.polygon, distance))[:NEAREST]
    found = []
    for one, metres in zip(learnt.iloc[order].itertuples(), distance[order]):
        kind = classes[int(one.code)]
        found.append({
            "polygon": int(one.polygon), "code": kind.value, "label": kind.label, "colour": kind.hex_colour, "metres": round(float(metres), 1),
            "learning": int(one.learning),
        })  # fmt: skip
    return found


def second_look(run: ShownRun, row: int, col: int) -> dict[str, Any]:
    """Tile, region, series and probabilities of a pixel, computed from the inputs as for the map.

    What cannot be had is None, with the reason in `problem`: inputs or models that are gone are told, never raised.
    """
    found: dict[str, Any] = {"tile": None, "region": None, "series": [], "opinion": None, "problem": None}
    with run.lock:  # the arrays of an observation belong to the thread, models are cached
        try:
            _look(run, row, col, found)
        except IotaError as error:
            found["problem"] = error.faults[0].line()
        except (KeyError, TypeError, ValueError, OSError) as error:  # an inventory of another version, a file half gone
            text = f"the run cannot be read again ({type(error).__name__}: {error})"
            found["problem"] = Fault("E-VIEW-008", str(run.root), "", text, "run it again with this version of iota_py").line()
    return found


def _look(run: ShownRun, row: int, col: int, found: dict[str, Any]) -> None:
    spot = spot_at(run.ws, row, col)
    if spot is None:
        found["problem"] = "no tile has this pixel: it was never observed"
        return
    found["tile"], found["region"] = spot.tile, _region(run, spot)
    if run.ws.summary["user"] and not run.allowed:
        text = "its features come from functions of users, which are not run by looking"
        raise InputError(Fault("E-VIEW-007", str(run.root), "user_features", text, "start the viewer with --allow-user-code"))
    observed, validity = run.ws.observe(spot.tile, spot.window)
    found["validity"] = int(validity[0])
    found["series"] = [_line(one) for one in lines(run.ws, spot.tile, observed)]
    if run.ws.config.samples.target is not None:
        found["problem"] = "the models of this run predict a number: they have no probabilities"
        return
    if run.ws.config.objects is not None:
        found["problem"] = "the map is made of segments: no probability belongs to a single pixel"
        return
    found["opinion"] = _opinion(run, opinion(run.ws, observed, int(validity[0]), spot.region))


def _region(run: ShownRun, spot: Spot) -> str | None:
    names = run.ws.region_names
    return names.get(spot.region) if len(names) > 1 else None


def _line(one: Line) -> dict[str, Any]:
    return {
        "input": one.input, "band": one.band, "unit": one.unit,
        "dates": [day.isoformat() for day in one.days], "values": _numbers(one.values),
        "observed_dates": [day.isoformat() for day in one.observed_days], "observed": _numbers(one.observed),
        "unusable_dates": [day.isoformat() for day in one.unusable_days],
    }  # fmt: skip


def _numbers(values: np.ndarray) -> list[float]:
    return [float(value) for value in np.round(np.asarray(values, np.float64), 4)]


def _opinion(run: ShownRun, found: Opinion) -> dict[str, Any]:
    votes = [label for label in found.labels if label]
    return {
        "label": found.label, "confidence": found.confidence, "votes": sum(1 for label in votes if label == found.label), "draws": len(found.labels),
        "probabilities": mean_probabilities(found.answers, run.classes), "models": len([one for one in found.answers if one.seen]),
    }  # fmt: skip


def mean_probabilities(answers: Sequence[Answer], classes: Mapping[int, Entry]) -> list[dict[str, Any]]:
    """Mean over the models that saw the pixel of the probability of each class, the largest first; they add up to 1. Empty without answers.

    A class that a model did not learn counts as 0 there. low, high: over the models.
    """
    seen = [one for one in answers if one.seen]
    if not seen:
        return []
    shares = np.zeros((len(seen), 256))
    for row, one in enumerate(seen):
        shares[row, one.codes] = one.probabilities
    codes = sorted({int(code) for one in seen for code in one.codes}, key=lambda code: (-shares[:, code].mean(), code))
    return [
        {
            "code": code, "label": classes[code].label, "colour": classes[code].hex_colour,
            "probability": float(shares[:, code].mean()), "low": float(shares[:, code].min()), "high": float(shares[:, code].max()),
        }
        for code in codes
    ]  # fmt: skip
