"""The fusion of draws: how far each draw is trusted, and how good the fused map is on polygons in which no draw learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix, unclassified
from iota_py.assessment.metrics import metrics_document, scores
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.models.run_votes import run_vote
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.steps.mapped_pixels import at_pixels, mapped_pixels
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING, VALIDATION

HEADLINE = ("overall_accuracy", "kappa", "f1_macro")


def write_run_weights(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/weights_run_<k>.json`: confusion matrix of a draw on its own validation polygons, all regions together."""
    pixels, codes = mapped_pixels(ws, params["run"]), ws.nomenclature.codes
    matrix = confusion_matrix(pixels.code, pixels.mapped, codes)
    write_json(ws.path(paths.run_weights(params["run"])), {"run": params["run"], "codes": codes, "confusion": matrix.tolist()})


def fused_entry(ws: Workspace, classes: Nomenclature) -> dict[str, Any]:
    """`fused` of metrics.json: scores of the fused map on polygons kept for it, else on those in which no draw learnt; nothing where draws are not
    fused by a section `map`.

    scores: one number each, for it is one map, with precision, recall and f1 of each class; None without a pixel. draws: the same headline
    scores of the map of each draw on the same pixels. unclassified: pixels to which the fused map gives no class.
    """
    wish = ws.config.map
    if wish is None or ws.runs == 1 or not ws.config.samples.places:
        return {}
    pixels = _held_out(ws)
    labels, confidence = (
        np.stack([at_pixels(ws, pixels, layer, run).to_numpy() for run in range(ws.runs)]) for layer in ("classification", "confidence")
    )
    fused = run_vote(ws)(labels, confidence)[0]
    entry: dict[str, Any] = {
        **wish.votes,
        "kept": wish.vote_kept,
        "polygons": int(pixels.polygon.nunique()),
        "pixels": len(pixels),
        "unclassified": unclassified(fused, classes.codes),
        "scores": None,
        "draws": None,
    }
    if len(pixels):
        entry["scores"] = _scores(pixels, fused, classes)
        by_draw = [scores(confusion_matrix(pixels.code, own, classes.codes)) for own in labels]
        entry["draws"] = {name: [getattr(one, name) for one in by_draw] for name in HEADLINE}
    return {"fused": entry}


def _scores(pixels: pd.DataFrame, fused: np.ndarray, classes: Nomenclature) -> dict[str, Any]:
    document = metrics_document([confusion_matrix(pixels.code, fused, classes.codes)], classes)
    per_class = {
        code: {key: value["mean"] if isinstance(value, dict) else value for key, value in one.items()}
        for code, one in document["per_class"].items()
    }
    return {**{name: document[name]["mean"] for name in HEADLINE}, "per_class": per_class}


def _held_out(ws: Workspace) -> pd.DataFrame:
    """Usable pixels of the polygons kept for the fused map; where none are kept, of those that validate draws and learn in none."""
    splits = read_table(ws.path(paths.SPLIT))
    roles = splits[[f"run_{run}" for run in range(ws.runs)]]
    if "kept" in splits.columns:
        chosen = splits.kept == 1
    else:
        chosen = (roles != LEARNING).all(axis=1) & (roles == VALIDATION).any(axis=1)
    pixels = read_table(ws.path(paths.SELECTION), ["tile", "polygon", "code", "region", "row", "col"])
    lasting = ~pixels.code.isin(annual_codes(ws.config, ws.nomenclature))
    return pixels[pixels.polygon.isin(splits.polygon[chosen]) & lasting].reset_index(drop=True)
