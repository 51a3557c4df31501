"""What features are worth: studies of each model on validation pixels, then the tables and figures of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.importance_figures import elimination_figure, falls_figure, heat_figure, shap_figure
from iota_py.assessment.metrics import scores
from iota_py.io.publish import read_json, write_bytes, write_json
from iota_py.io.tables import write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.models.members import members
from iota_py.pipeline.models.places import Place, groups_of
from iota_py.pipeline.steps.elimination import write_elimination
from iota_py.pipeline.steps.held_out import held_out_samples
from iota_py.pipeline.steps.regression_importance import FALLS as VALUE_FALLS
from iota_py.pipeline.steps.regression_importance import value_permutation
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.selection import Strategy, select
from iota_py.training.bundle import load
from iota_py.training.importance import mean_contributions, own_importance, permutation_falls

GROUPINGS = ("band", "date", "sensor")
FALLS = ["kind", "name", "overall_accuracy", "overall_accuracy_sd", "f1_macro", "f1_macro_sd"]


def write_importance(ws: Workspace, params: Mapping[str, Any]) -> None:
    """The study of a model, or the elimination of columns."""
    if "elimination" in params:
        write_elimination(ws, params)
    else:
        write_study(ws, params)


def write_study(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/importance/<model>.json`: permutation and SHAP of a model, on validation pixels drawn by class.

    A region whose run has no validation pixel has neither.
    """
    region, run = params["region"], params["run"]
    samples = held_out_samples(ws, region, run, params["pixels_per_class"], params["seed"])
    document: dict[str, Any] = {"region": ws.region_names[region], "run": run, "model": params["name"], "pixels": len(samples)}
    if len(samples):
        fitted = load(ws.path(params["folder"]), ws.model_names)
        if params["permutation"]:
            document["permutation"] = _permutation(ws, fitted, samples, params, shuffled_groups(ws.places, params.get("keep")))
        if params["shap"]:
            document["shap"] = _contributions(ws, fitted, samples, params)
    write_json(ws.path(paths.study(params["folder"])), document)


def _permutation(ws: Workspace, fitted: Any, samples: pd.DataFrame, params: Mapping[str, Any], groups: Sequence[Any]) -> dict[str, Any]:
    """Overall accuracy and mean F1, and how far they fall: rows as FALLS; of a regressor as in `value_permutation`."""
    if fitted.target is not None:
        return value_permutation(ws, fitted, samples, params, groups)
    engine, truth = load_engine(fitted), samples.code.to_numpy(np.uint8)
    codes = sorted({*truth.tolist(), *fitted.classes.tolist()})

    def score(features: np.ndarray) -> tuple[float, float]:
        found = scores(confusion_matrix(truth, engine.predict(features).labels, codes))
        return found.overall_accuracy, found.f1_macro

    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    columns = {f"{kind} {name}": positions for kind, name, positions in groups}
    base, falls = permutation_falls(score, features, columns, params["repeats"], params["seed"])
    mean, spread = falls.mean(axis=1), falls.std(axis=1, ddof=1) if params["repeats"] > 1 else np.full(falls[:, 0].shape, np.nan)
    rows = [
        [kind, name, mean[k, 0], _or_none(spread[k, 0]), mean[k, 1], _or_none(spread[k, 1])] for k, (kind, name, _) in enumerate(groups)
    ]
    return {"overall_accuracy": base[0], "f1_macro": base[1], "rows": rows}


def shuffled_groups(places: Sequence[Place], kept: Sequence[str] | None) -> list[tuple[str, str, tuple[int, ...]]]:
    """Kind, name and positions of what is shuffled: every column that the model sees, and the groups that are not all of them."""
    seen = [position for position, place in enumerate(places) if kept is None or place.name in set(kept)]
    found: list[tuple[str, str, tuple[int, ...]]] = [("column", places[position].name, (position,)) for position in seen]
    for grouping in GROUPINGS:
        groups = groups_of([places[position] for position in seen], grouping)
        if len(groups) > 1:
            found += [(grouping, name, tuple(seen[i] for i in inside)) for name, inside in groups.items()]
    return found


def _contributions(ws: Workspace, fitted: Any, samples: pd.DataFrame, params: Mapping[str, Any]) -> dict[str, Any]:
    """Mean absolute SHAP value by class and column of the model; pixels: how many were looked at."""
    chosen = samples[select(samples, Strategy("constant", params["shap_pixels_per_class"]), params["seed"])]
    matrix = np.ascontiguousarray(chosen[list(ws.feature_names)].to_numpy(np.int16))
    names = list(fitted.names)
    if fitted.projection is not None:
        matrix, names = fitted.projection.apply(matrix), list(fitted.projection.names)
    matrix = matrix if fitted.book is None else fitted.book.encode(matrix)
    values = mean_contributions(fitted.estimator, matrix, len(fitted.classes))
    return {"classes": fitted.classes.tolist(), "columns": names, "values": values.tolist(), "pixels": len(chosen)}


def write_importance_tables(ws: Workspace, params: Mapping[str, Any]) -> None:
    """The tables and figures that the models, their studies and the elimination allow."""
    figures: dict[str, bytes] = {}
    if params["models"]:
        own = pd.DataFrame(_own_rows(ws, params["models"]), columns=["region", "run", "model", *_PLACE, "importance"])
        write_csv(ws.path(paths.IMPORTANCE), own)
        heat = own.groupby(["region", "run", "model", *_PLACE[1:]], sort=False, as_index=False)[["importance"]].sum()
        figures["importance"] = heat_figure(heat.rename(columns={"importance": "value"}), "share of the importance")
    if params["permutation"]:
        figures |= _permutation_results(ws, params)
    if params["shap"]:
        figures |= _shap_results(ws, params)
    if params["elimination"]:
        figures["elimination"] = elimination_figure(read_json(ws.path(paths.ELIMINATION)))
    for name, image in figures.items():
        write_bytes(ws.path(paths.importance_figure(name)), image)


_PLACE = ["column", "input", "band", "date"]
_MODEL = ["region", "run", "model", "pixels"]


def _own_rows(ws: Workspace, models: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    """What each model says of each column that it sees; components are shared out by their squared loadings."""
    place_of, member_names = dict(zip(ws.model_names, ws.places)), {one.name: one.names for one in members(ws)}
    for folder, region, run, name in models:
        fitted = load(ws.path(folder), member_names.get(name, ws.model_names))
        found = own_importance(fitted.estimator)
        if found is None:
            continue
        values = found if fitted.projection is None else fitted.projection.spread(found)
        for column, value in zip(fitted.names, values):
            place = place_of[column]
            yield [ws.region_names[region], run, name, column, place.input, place.band, place.date, float(value)]


def _permutation_results(ws: Workspace, params: Mapping[str, Any]) -> dict[str, bytes]:
    """permutation.csv, and its figures where there is a validation pixel."""
    place_of, rows = {place.name: place for place in ws.places}, []
    for document in _studies(ws, params):
        for row in document.get("permutation", {}).get("rows", ()):
            place = place_of[row[1]] if row[0] == "column" else Place("", "", "", "")
            rows.append([*(document[key] for key in _MODEL), *row, place.input, place.band, place.date])
    falls, score, words = (FALLS, "f1_macro", "the mean F1") if ws.config.samples.target is None else (VALUE_FALLS, "r2", "R²")
    table = pd.DataFrame(rows, columns=[*_MODEL, *falls, *_PLACE[1:]]).astype(dict.fromkeys(falls[2:], float))
    write_csv(ws.path(paths.PERMUTATION), table)
    single, groups = table[table.kind == "column"], table[table.kind != "column"]
    heat = single.groupby([*_MODEL, *_PLACE[1:]], sort=False, as_index=False)[[score]].max()
    drawn = heat_figure(heat.rename(columns={score: "value"}), f"fall of {words}", share=False)
    if ws.config.samples.target is not None:
        return {"permutation": drawn}
    return {
        "permutation": drawn,
        "groups": falls_figure(groups if len(groups) else single),
    }


def _shap_results(ws: Workspace, params: Mapping[str, Any]) -> dict[str, bytes]:
    """shap.csv, and the figure of the columns that count most."""
    rows = []
    for document in _studies(ws, params):
        found = document.get("shap", {"classes": (), "values": (), "columns": (), "pixels": 0})
        for code, values in zip(found["classes"], found["values"]):
            alias = ws.nomenclature[code].alias
            rows += [
                [*(document[key] for key in _MODEL[:-1]), found["pixels"], code, alias, *pair] for pair in zip(found["columns"], values)
            ]
    table = pd.DataFrame(rows, columns=[*_MODEL, "code", "class", "column", "mean_absolute"])
    write_csv(ws.path(paths.SHAP), table)
    return {"shap": shap_figure(table)}


def _studies(ws: Workspace, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in params["studies"]:
        yield read_json(ws.path(paths.study(folder)))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
