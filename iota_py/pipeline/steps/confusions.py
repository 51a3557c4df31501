"""The classes that are most often confused, and what their features say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusions import Pair, best_band, confused_pairs, groups_of, nearness, telling
from iota_py.config.probability_scores import Confusions
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table, write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.models.conformal import KEPT, held_out_answers, shares_in
from iota_py.pipeline.models.places import Place
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.workspace import Workspace

Bands = dict[str, list[int]]  # name of a band -> its columns, by date
COLUMNS = ["code", "class", "mapped", "taken_for", "pixels", "share", "polygons", "worst_polygons", "nearer_to_the_other"]


def write_confusions(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/confusions.csv`, and `confusions.json` with the series that the report draws."""
    pixels = _pixels(ws)
    values = pixels[list(ws.feature_names)].to_numpy(np.int16)
    entries = [_entry(ws, pair, pixels, values) for pair in confused_pairs(pixels, _wish(ws).pairs)]
    write_csv(ws.path(paths.CONFUSIONS), pd.DataFrame([_row(ws, entry) for entry in entries], columns=COLUMNS))
    write_json(ws.path(paths.CONFUSION_SERIES), {"pixels": len(pixels), "runs": ws.runs, "pairs": entries})


def _wish(ws: Workspace) -> Confusions:
    wish = ws.config.assessment.confusions
    assert wish is not None
    return wish


def _pixels(ws: Workspace) -> pd.DataFrame:
    """Held-out pixels of all draws with their features and the class that their model gives them, before borders and neighbours."""
    codes, keys = np.array(known_codes(ws)), ["tile", "row", "col", "polygon"]
    features = pd.concat([read_table(ws.path(paths.tested(tile))) for tile in sorted(ws.tiles)], ignore_index=True)
    features = features[[*keys, *ws.feature_names]]
    parts = []
    for run in range(ws.runs):
        answers = held_out_answers(ws, run)
        answers = answers[answers.side != KEPT]
        mapped = codes[shares_in(answers, tuple(codes.tolist())).argmax(axis=1)]
        parts.append(answers[[*keys, "code", "weight"]].assign(mapped=mapped).merge(features, on=keys, how="left", validate="one_to_one"))
    return pd.concat(parts, ignore_index=True)


def _entry(ws: Workspace, pair: Pair, pixels: pd.DataFrame, values: np.ndarray) -> dict[str, Any]:
    """A pair with what tells it: columns, and series of its bands."""
    worst = [[polygon, share] for polygon, share in pair.worst]
    said: dict[str, Any] = {"code": pair.code, "mapped": pair.mapped, "pixels": pair.pixels / ws.runs, "share": pair.share}
    said |= {"polygons": pair.polygons, "worst": worst, "compared": False, "telling": [], "series": []}
    groups = groups_of(pixels, values, pair)
    if groups is None:
        return said
    near, places, bands = nearness(*groups), ws.places, dated_bands(ws.places)
    told = [[places[k].name, places[k].band, places[k].date, float(near[k])] for k in telling(near)]
    series = []
    for band in _drawn_bands(_wish(ws).bands, near, bands):
        own = [[one.mean[bands[band]].tolist(), *(one.quantile(share)[bands[band]].tolist() for share in (0.25, 0.75))] for one in groups]
        series.append({"what": band, "dates": [places[k].date for k in bands[band]], "values": own})
    return {**said, "compared": True, "telling": told, "series": series}


def dated_bands(places: Sequence[Place]) -> Bands:
    """Columns of each band or index that has dates, ascending by date; named by band, with the input where several have it."""
    inputs: dict[str, set[str]] = {}
    for place in places:
        if place.date:
            inputs.setdefault(place.band, set()).add(place.input)
    found: Bands = {}
    for position, place in enumerate(places):
        if place.date:
            found.setdefault(place.band if len(inputs[place.band]) == 1 else f"{place.input} {place.band}", []).append(position)
    return {name: sorted(own, key=lambda position: places[position].date) for name, own in found.items()}


def _drawn_bands(wished: Sequence[str], near: np.ndarray, bands: Bands) -> list[str]:
    """Bands whose series are drawn: those asked for, else NDVI where there is one and the band that tells most."""
    if wished or not bands:
        return [name for name in bands if name in wished or name.rpartition(" ")[2] in wished][:2]
    first = [name for name in bands if name.rpartition(" ")[2] == "ndvi"][:1]
    others = {name: own for name, own in bands.items() if name not in first}
    return [*first, *([best_band(near, others)] if others else [])]


def _row(ws: Workspace, entry: Mapping[str, Any]) -> dict[str, Any]:
    alias = {key: ws.nomenclature[entry[key]].alias for key in ("code", "mapped")}
    return {
        "code": entry["code"], "class": alias["code"], "mapped": entry["mapped"], "taken_for": alias["mapped"],
        "pixels": round(entry["pixels"], 1), "share": round(entry["share"], 4), "polygons": entry["polygons"],
        "worst_polygons": "; ".join(f"{polygon} ({share:.0%})" for polygon, share in entry["worst"]),
        "nearer_to_the_other": "; ".join(f"{name} ({near:+.1f})" for name, _, _, near in entry["telling"]),
    }  # fmt: skip
